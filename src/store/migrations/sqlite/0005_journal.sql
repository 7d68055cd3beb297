-- What keeps the journal: signed checkpoints, and what each of them says is held. Nobody runs the chains of the first
-- schema any more: their names had the boot first, and their hashes another form.

DELETE FROM event;

CREATE TABLE journal_checkpoint (
    number INTEGER NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL,
    token  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_checkpoint_by_time ON journal_checkpoint (at);

-- The leaves of a checkpoint's tree: one an owner that moved. Those of a checkpoint that is not there are a draft.
CREATE TABLE journal_leaf (
    number INTEGER NOT NULL,
    owner  TEXT    NOT NULL,
    hash   BLOB    NOT NULL,
    pruned INTEGER,
    PRIMARY KEY (number, owner)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_leaf_by_owner ON journal_leaf (owner, number);

-- What is held of a chain since a checkpoint: the events behind after_seq, up to seq. The newest row counts.
CREATE TABLE journal_held (
    chain      TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    after_seq  INTEGER NOT NULL,
    after_hash BLOB    NOT NULL,
    seq        INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    PRIMARY KEY (chain, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_held_by_number ON journal_held (number);

-- Whose turn it is to do what one process does at a time.
CREATE TABLE turn (
    name   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
