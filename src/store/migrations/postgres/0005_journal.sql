-- What keeps the journal: signed checkpoints, and what each of them says is held. Nobody runs the chains of the first
-- schema any more: their names had the boot first, and their hashes another form.

DELETE FROM event;
-- Names of chains are compared byte by byte, whatever the language of the database.
ALTER TABLE event ALTER COLUMN chain TYPE TEXT COLLATE "C";

CREATE TABLE journal_checkpoint (
    number BIGINT NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    token  TEXT    NOT NULL
);
CREATE INDEX journal_checkpoint_by_time ON journal_checkpoint (at);

-- The leaves of a checkpoint's tree: one an owner that moved. Those of a checkpoint that is not there are a draft.
CREATE TABLE journal_leaf (
    number BIGINT NOT NULL,
    owner  TEXT COLLATE "C" NOT NULL,
    hash   BYTEA   NOT NULL,
    pruned BIGINT,
    PRIMARY KEY (number, owner)
);
CREATE INDEX journal_leaf_by_owner ON journal_leaf (owner, number);

-- What is held of a chain since a checkpoint: the events behind after_seq, up to seq. The newest row counts.
CREATE TABLE journal_held (
    chain      TEXT COLLATE "C" NOT NULL,
    number     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    after_seq  BIGINT NOT NULL,
    after_hash BYTEA   NOT NULL,
    seq        BIGINT NOT NULL,
    hash       BYTEA   NOT NULL,
    PRIMARY KEY (chain, number)
);
CREATE INDEX journal_held_by_number ON journal_held (number);

-- Whose turn it is to do what one process does at a time.
CREATE TABLE turn (
    name   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  BIGINT NOT NULL
);
