-- Changes that were committed with what they tell of, and wait to be linked into the journal's chains.
CREATE TABLE noted_change (
    boot  TEXT    NOT NULL,
    n     INTEGER NOT NULL,
    owner TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    body  TEXT    NOT NULL,
    PRIMARY KEY (boot, n)
) STRICT, WITHOUT ROWID;
