-- What is asked about one person, and what is left of them once they are erased.

-- The pseudonyms of a person.
CREATE INDEX IF NOT EXISTS pseudonym_of_person ON pseudonym (subject) WHERE kind = 'person';

-- How far each chain of the journal was read for what is made of all its events.
CREATE TABLE journal_read (
    chain TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq   BIGINT NOT NULL,
    at    BIGINT NOT NULL
);
CREATE INDEX journal_read_by_time ON journal_read (at);

-- In whose chains a commitment stands (its first 16 bytes), and about when it last did. It is made of the journal
-- afterwards, so that no launch waits for it, and says no more than the journal does.
CREATE TABLE commitment_seen (
    commitment BYTEA  NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL,
    newest     BIGINT NOT NULL,
    PRIMARY KEY (commitment, owner)
);
CREATE INDEX commitment_seen_by_time ON commitment_seen (newest);

-- The erasures of the ledger that were done here. The person is told only until nothing that was under way at that
-- moment can still write about them.
CREATE TABLE erasure (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    person   UUID
);
CREATE INDEX erasure_of_person ON erasure (person);

-- Erasures that were begun. One that stands in the ledger and not among those done was broken off, and is finished.
CREATE TABLE erasure_begun (
    person UUID   NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL
);

-- What each sector is told: its own value, and nothing that would join it to another's. The value goes when the sector
-- has acknowledged.
CREATE TABLE erasure_notice (
    id           TEXT   NOT NULL PRIMARY KEY,
    sector       TEXT   NOT NULL,
    value        TEXT,
    day          TEXT   NOT NULL,
    acknowledged BIGINT
);
CREATE INDEX erasure_notice_of_sector ON erasure_notice (sector, acknowledged);

-- Values that erased people had, by their hash: nobody else is ever given one.
CREATE TABLE IF NOT EXISTS spent_value (
    sector TEXT  NOT NULL,
    hash   BYTEA NOT NULL,
    PRIMARY KEY (sector, hash)
);
