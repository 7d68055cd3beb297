-- Assignments that schools make: sets of one school, seats that know whose they are, and many people seated at once.

-- For whom a set is: people of this school, or of every school that the subscription covers where none is named.
ALTER TABLE assignment ADD COLUMN school TEXT NOT NULL DEFAULT '';
ALTER TABLE assignment ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
UPDATE assignment SET school = coalesce(target::json->'group'->>'school', '');
CREATE INDEX assignment_by_school ON assignment (subscription, school);

-- The school on whose behalf a seat was given or taken; the seating that it belongs to until that is settled; and when its
-- holder opened the resource, to within a week.
ALTER TABLE seat ADD COLUMN school TEXT NOT NULL DEFAULT '';
ALTER TABLE seat ADD COLUMN seating TEXT;
ALTER TABLE seat ADD COLUMN opened BIGINT;
UPDATE seat SET school = coalesce((SELECT min(a.school) FROM affiliation a WHERE a.person = seat.person), '');
CREATE INDEX seat_by_school ON seat (subscription, school, person);
CREATE INDEX seat_by_seating ON seat (seating) WHERE seating IS NOT NULL;

-- Many people are seated in small steps, and count all at once. Until then (`open`) their rows are there by name and count
-- for nobody; when it is `done` they count; what is `undone` goes. Past `until` nobody is at work on it any more.
CREATE TABLE seating (
    id           TEXT    NOT NULL PRIMARY KEY,
    subscription TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    until        BIGINT NOT NULL
);
CREATE UNIQUE INDEX seating_of ON seating (subscription);

-- Seats of a pool that are counted as used for a seating, and have no row yet.
CREATE TABLE reservation (
    seating TEXT    NOT NULL,
    pool    TEXT    NOT NULL,
    seats   BIGINT NOT NULL,
    PRIMARY KEY (seating, pool)
);
