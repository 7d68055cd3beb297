-- Rosters: what ENTs say of their people, school by school.

-- What a roster says of one identity at one school. A row counts from the import `since` on and until the import
-- `until`; which import counts at a school says `roster_school`. So an import writes beside what counts, and one small
-- update makes all of it count at once. Names, mail and labels stand in `sealed` only.
CREATE TABLE roster_person (
    ent     TEXT    NOT NULL,
    school  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    since   BIGINT  NOT NULL,
    until   BIGINT,
    person  UUID    NOT NULL,
    profile TEXT,
    year    TEXT    NOT NULL,
    level   TEXT,
    groups  TEXT    NOT NULL,
    manages BIGINT  NOT NULL,
    leaves  BIGINT,
    held    BIGINT,
    digest  BYTEA   NOT NULL,
    sealed  BYTEA   NOT NULL,
    PRIMARY KEY (ent, school, subject, since)
);
CREATE INDEX roster_person_by_person ON roster_person (person, ent);
CREATE INDEX roster_person_ended ON roster_person (ent, school) WHERE until IS NOT NULL;
CREATE INDEX roster_person_leaving ON roster_person (leaves) WHERE leaves IS NOT NULL;

-- Which import counts at a school of an ENT, and what the newest one found there.
CREATE TABLE roster_school (
    ent     TEXT    NOT NULL,
    school  TEXT    NOT NULL,
    current BIGINT  NOT NULL,
    degree  TEXT    NOT NULL,
    at      BIGINT  NOT NULL,
    people  BIGINT  NOT NULL,
    groups  TEXT    NOT NULL,
    report  TEXT    NOT NULL,
    PRIMARY KEY (ent, school)
);
CREATE INDEX roster_school_by_school ON roster_school (school);

-- Every import, by its number at the ENT.
CREATE TABLE roster_import (
    ent     TEXT    NOT NULL,
    number  BIGINT  NOT NULL,
    state   TEXT    NOT NULL,
    began   BIGINT  NOT NULL,
    ended   BIGINT,
    actor   TEXT    NOT NULL,
    archive TEXT    NOT NULL,
    report  TEXT    NOT NULL,
    PRIMARY KEY (ent, number)
);

-- Who is affiliated where, whoever says so. After `until`, where there is one, they are not any more.
CREATE VIEW affiliated AS
    SELECT person, ent, school, profile, year, level, managed_by, CAST(NULL AS BIGINT) AS until FROM affiliation
    UNION ALL
    SELECT r.person, r.ent, r.school, r.profile, r.year, r.level, 'roster', r.leaves
    FROM roster_person r JOIN roster_school s ON s.ent = r.ent AND s.school = r.school
    WHERE r.profile IS NOT NULL AND r.since <= s.current AND (r.until IS NULL OR r.until > s.current);

-- Who is in which group, whoever says so.
CREATE VIEW grouped AS
    SELECT person, ent, school, status, code, year, managed_by, CAST(NULL AS BIGINT) AS until FROM membership
    UNION ALL
    SELECT r.person, r.ent, r.school, g.value->>0, g.value->>1, r.year, 'roster', r.leaves
    FROM roster_person r JOIN roster_school s ON s.ent = r.ent AND s.school = r.school
    CROSS JOIN LATERAL json_array_elements(r.groups::json) AS g(value)
    WHERE r.profile IS NOT NULL AND r.since <= s.current AND (r.until IS NULL OR r.until > s.current);
