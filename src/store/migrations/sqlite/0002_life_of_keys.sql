-- Keys rotate: since when each stands in its state; and a purpose has one active key and at most one next.
ALTER TABLE sealed_key ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE sealed_key SET since = created;
CREATE UNIQUE INDEX sealed_key_active ON sealed_key (purpose) WHERE state = 'active';
CREATE UNIQUE INDEX sealed_key_next ON sealed_key (purpose) WHERE state = 'next';
