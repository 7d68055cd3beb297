-- What a first launch needs. Times are milliseconds since 1970 in UTC; documents are JSON.

-- Everything that an operator registers: one document an object.
CREATE TABLE object (
    kind       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    document   TEXT   NOT NULL,
    managed_by TEXT   NOT NULL,
    withdrawn  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
);

-- Other names under which objects are looked up: an issuer, a client id, a resource's key, resource and school.
CREATE TABLE object_name (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (kind, name, id)
);
CREATE INDEX object_name_by_id ON object_name (kind, id);

CREATE TABLE inactive_deployment (
    connection TEXT    NOT NULL,
    deployment TEXT    NOT NULL,
    first_seen BIGINT NOT NULL,
    PRIMARY KEY (connection, deployment)
);

CREATE TABLE person (
    id      UUID     NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL
);

-- Apart from the person and without a foreign key: erased alone, it takes every pseudonym with it.
CREATE TABLE pseudonym_root (
    person UUID  NOT NULL PRIMARY KEY,
    root   BYTEA NOT NULL
);

CREATE TABLE identity (
    ent        TEXT NOT NULL,
    namespace  TEXT NOT NULL,
    subject    TEXT NOT NULL,
    person     UUID  NOT NULL,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (ent, namespace, subject)
);
CREATE INDEX identity_by_person ON identity (person);

CREATE TABLE affiliation (
    person     UUID  NOT NULL,
    ent        TEXT NOT NULL,
    school     TEXT NOT NULL,
    profile    TEXT NOT NULL,
    year       TEXT NOT NULL,
    level      TEXT,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (person, ent, school, profile, year)
);

CREATE TABLE membership (
    person     UUID  NOT NULL,
    ent        TEXT NOT NULL,
    school     TEXT NOT NULL,
    status     TEXT NOT NULL,
    code       TEXT NOT NULL,
    year       TEXT NOT NULL,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (person, ent, school, status, code, year)
);

CREATE TABLE sector_key (
    sector  TEXT    NOT NULL,
    epoch   BIGINT NOT NULL,
    sealed  TEXT    NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (sector, epoch)
);

CREATE TABLE pseudonym (
    sector     TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    scope      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    is_current BIGINT NOT NULL,
    created    BIGINT NOT NULL,
    PRIMARY KEY (sector, value)
);
CREATE UNIQUE INDEX pseudonym_current ON pseudonym (sector, scope, kind, subject) WHERE is_current = 1;

-- The seats of a subscription by pool; without a number they are unlimited.
CREATE TABLE pool (
    subscription TEXT    NOT NULL,
    pool         TEXT    NOT NULL,
    seats        BIGINT,
    used         BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription, pool)
);

CREATE TABLE seat (
    subscription TEXT    NOT NULL,
    person       UUID     NOT NULL,
    pool         TEXT    NOT NULL,
    by_name      BIGINT NOT NULL,
    taken        BIGINT NOT NULL,
    managed_by   TEXT    NOT NULL,
    PRIMARY KEY (subscription, person)
);
CREATE INDEX seat_by_person ON seat (person);

-- Sets of people that a subscription is assigned to.
CREATE TABLE assignment (
    subscription TEXT NOT NULL,
    target       TEXT NOT NULL,
    managed_by   TEXT NOT NULL,
    PRIMARY KEY (subscription, target)
);

CREATE TABLE parked (
    handle  TEXT    NOT NULL PRIMARY KEY,
    sealed  TEXT    NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX parked_by_expiry ON parked (expires);

CREATE TABLE first_use (
    name    TEXT    NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX first_use_by_expiry ON first_use (expires);

CREATE TABLE event (
    chain TEXT    NOT NULL,
    seq   BIGINT NOT NULL,
    at    BIGINT NOT NULL,
    body  TEXT    NOT NULL,
    prev  BYTEA    NOT NULL,
    hash  BYTEA    NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX event_by_time ON event (at);

CREATE TABLE sealed_key (
    kid     TEXT    NOT NULL PRIMARY KEY,
    purpose TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    sealed  TEXT    NOT NULL,
    created BIGINT NOT NULL
);

-- Single facts about this database, such as the value that tells a wrong master key.
CREATE TABLE fact (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Which topics changed, so that caches in every process can tell.
CREATE TABLE change (
    topic   TEXT    NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
CREATE INDEX change_by_version ON change (version);
CREATE TABLE change_counter (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO change_counter (id, version) VALUES (1, 0);
