-- Identity care: people who turn out to be one, or two; and pseudonyms that change hands or are replaced.

-- With whom an identity came to the person that has it: a label; NULL where it was theirs from the start.
ALTER TABLE identity ADD COLUMN origin UUID;

-- The same of a pseudonym, with the root under which it was released where that is not the person's own. And, once its
-- sector has begun another epoch, the value that replaces it and the epoch that did so.
ALTER TABLE pseudonym ADD COLUMN origin UUID;
ALTER TABLE pseudonym ADD COLUMN root BYTEA;
ALTER TABLE pseudonym ADD COLUMN replaced TEXT;
ALTER TABLE pseudonym ADD COLUMN epoch BIGINT;

-- People who became others. What was under way for them at that moment writes nothing any more; after a day nothing is.
CREATE TABLE former_person (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- Changes of epoch: until `delivered` the sector has not been given what replaces what.
CREATE TABLE rotation (
    sector    TEXT NOT NULL,
    epoch     BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    delivered BIGINT,
    PRIMARY KEY (sector, epoch)
);
