-- Changes that were committed with what they tell of, and wait to be linked into the journal's chains.
CREATE TABLE noted_change (
    boot  TEXT    NOT NULL,
    n     BIGINT  NOT NULL,
    owner TEXT    NOT NULL,
    at    BIGINT  NOT NULL,
    body  TEXT    NOT NULL,
    PRIMARY KEY (boot, n)
);
