-- What a first launch needs. Times are milliseconds since 1970 in UTC; documents are JSON.

-- Everything that an operator registers: one document an object.
CREATE TABLE object (
    kind       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    document   TEXT   NOT NULL,
    managed_by TEXT   NOT NULL,
    withdrawn  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- Other names under which objects are looked up: an issuer, a client id, a resource's key, resource and school.
CREATE TABLE object_name (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (kind, name, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX object_name_by_id ON object_name (kind, id);

CREATE TABLE inactive_deployment (
    connection TEXT    NOT NULL,
    deployment TEXT    NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (connection, deployment)
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    id      BLOB    NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Apart from the person and without a foreign key: erased alone, it takes every pseudonym with it.
CREATE TABLE pseudonym_root (
    person BLOB NOT NULL PRIMARY KEY,
    root   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (
    ent        TEXT NOT NULL,
    namespace  TEXT NOT NULL,
    subject    TEXT NOT NULL,
    person     BLOB NOT NULL,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (ent, namespace, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_by_person ON identity (person);

CREATE TABLE affiliation (
    person     BLOB NOT NULL,
    ent        TEXT NOT NULL,
    school     TEXT NOT NULL,
    profile    TEXT NOT NULL,
    year       TEXT NOT NULL,
    level      TEXT,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (person, ent, school, profile, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE membership (
    person     BLOB NOT NULL,
    ent        TEXT NOT NULL,
    school     TEXT NOT NULL,
    status     TEXT NOT NULL,
    code       TEXT NOT NULL,
    year       TEXT NOT NULL,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (person, ent, school, status, code, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE sector_key (
    sector  TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    sealed  TEXT    NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (sector, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE pseudonym (
    sector     TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    scope      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    is_current INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    PRIMARY KEY (sector, value)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pseudonym_current ON pseudonym (sector, scope, kind, subject) WHERE is_current = 1;

-- The seats of a subscription by pool; without a number they are unlimited.
CREATE TABLE pool (
    subscription TEXT    NOT NULL,
    pool         TEXT    NOT NULL,
    seats        INTEGER,
    used         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription, pool)
) STRICT, WITHOUT ROWID;

CREATE TABLE seat (
    subscription TEXT    NOT NULL,
    person       BLOB    NOT NULL,
    pool         TEXT    NOT NULL,
    by_name      INTEGER NOT NULL,
    taken        INTEGER NOT NULL,
    managed_by   TEXT    NOT NULL,
    PRIMARY KEY (subscription, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX seat_by_person ON seat (person);

-- Sets of people that a subscription is assigned to.
CREATE TABLE assignment (
    subscription TEXT NOT NULL,
    target       TEXT NOT NULL,
    managed_by   TEXT NOT NULL,
    PRIMARY KEY (subscription, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE parked (
    handle  TEXT    NOT NULL PRIMARY KEY,
    sealed  TEXT    NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_by_expiry ON parked (expires);

CREATE TABLE first_use (
    name    TEXT    NOT NULL PRIMARY KEY,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX first_use_by_expiry ON first_use (expires);

CREATE TABLE event (
    chain TEXT    NOT NULL,
    seq   INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    body  TEXT    NOT NULL,
    prev  BLOB    NOT NULL,
    hash  BLOB    NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_by_time ON event (at);

CREATE TABLE sealed_key (
    kid     TEXT    NOT NULL PRIMARY KEY,
    purpose TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    sealed  TEXT    NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Single facts about this database, such as the value that tells a wrong master key.
CREATE TABLE fact (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which topics changed, so that caches in every process can tell.
CREATE TABLE change (
    topic   TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX change_by_version ON change (version);
CREATE TABLE change_counter (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO change_counter (id, version) VALUES (1, 0);
