-- Changes of epoch: how many people it gave other values, once it gave all of them theirs.
ALTER TABLE rotation ADD COLUMN filled BIGINT;
ALTER TABLE rotation ADD COLUMN people BIGINT;
