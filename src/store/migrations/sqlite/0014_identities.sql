-- Identity care: people who turn out to be one, or two; and pseudonyms that change hands or are replaced.

-- With whom an identity came to the person that has it: a label; NULL where it was theirs from the start.
ALTER TABLE identity ADD COLUMN origin BLOB;

-- The same of a pseudonym, with the root under which it was released where that is not the person's own. And, once its
-- sector has begun another epoch, the value that replaces it and the epoch that did so.
ALTER TABLE pseudonym ADD COLUMN origin BLOB;
ALTER TABLE pseudonym ADD COLUMN root BLOB;
ALTER TABLE pseudonym ADD COLUMN replaced TEXT;
ALTER TABLE pseudonym ADD COLUMN epoch INTEGER;

-- People who became others. What was under way for them at that moment writes nothing any more; after a day nothing is.
CREATE TABLE former_person (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Changes of epoch: until `delivered` the sector has not been given what replaces what.
CREATE TABLE rotation (
    sector    TEXT NOT NULL,
    epoch     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    delivered INTEGER,
    PRIMARY KEY (sector, epoch)
) STRICT, WITHOUT ROWID;
