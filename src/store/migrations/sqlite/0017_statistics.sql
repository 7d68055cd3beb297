-- What is counted of the journal's events, by the same hand that reads them for `commitment_seen`, in the same transaction.

-- Launches of a day in Paris. What was not known when a launch ended is empty; `outcome` is `delivered` or the code of the
-- refusal.
CREATE TABLE launch_count (
    day      TEXT    NOT NULL,
    school   TEXT    NOT NULL,
    resource TEXT    NOT NULL,
    sector   TEXT    NOT NULL,
    profile  TEXT    NOT NULL,
    outcome  TEXT    NOT NULL,
    launches INTEGER NOT NULL,
    PRIMARY KEY (day, school, resource, sector, profile, outcome)
) STRICT, WITHOUT ROWID;
CREATE INDEX launch_count_of_school ON launch_count (school, day);
CREATE INDEX launch_count_of_resource ON launch_count (resource, day);

-- Who was let into a resource at a school in a period, a day or a month, by the first 16 bytes of the commitment. It says no more
-- than the journal does, goes when they are erased, and is kept only until nothing more is counted of the period.
CREATE TABLE launch_user (
    period     TEXT NOT NULL,
    school     TEXT NOT NULL,
    resource   TEXT NOT NULL,
    sector     TEXT NOT NULL,
    commitment BLOB NOT NULL,
    PRIMARY KEY (period, school, resource, sector, commitment)
) STRICT, WITHOUT ROWID;
CREATE INDEX launch_user_of ON launch_user (commitment);

-- How many they are. People are different ones in each sector: counts of two resources are never summed.
CREATE TABLE user_count (
    period   TEXT    NOT NULL,
    school   TEXT    NOT NULL,
    resource TEXT    NOT NULL,
    sector   TEXT    NOT NULL,
    users    INTEGER NOT NULL,
    PRIMARY KEY (period, school, resource, sector)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_count_of_school ON user_count (school, period);
