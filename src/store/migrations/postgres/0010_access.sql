-- Who works here beside launches: accounts and clients, their tokens and sessions. What is secret is hashed or sealed.

-- An account signs in at the console; a client's keys stand here too. `step` is the last time step whose code counted.
CREATE TABLE account (
    id          TEXT    NOT NULL PRIMARY KEY,
    role        TEXT    NOT NULL,
    disabled    BIGINT NOT NULL DEFAULT 0,
    password    TEXT,
    step        BIGINT NOT NULL DEFAULT 0,
    enrolment   BYTEA,
    enrol_until BIGINT NOT NULL DEFAULT 0,
    keys        TEXT,
    scopes      TEXT    NOT NULL DEFAULT '',
    created     BIGINT NOT NULL
);

-- Codes that stand for a lost device, each once.
CREATE TABLE recovery_code (
    account TEXT NOT NULL,
    hash    BYTEA NOT NULL,
    PRIMARY KEY (account, hash)
);

-- What is sealed under the master key and is no key: the secrets of authenticators.
CREATE TABLE sealed_secret (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL
);

CREATE TABLE access_token (
    hash    BYTEA    NOT NULL PRIMARY KEY,
    id      TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    account TEXT    NOT NULL,
    role    TEXT    NOT NULL,
    scopes  TEXT    NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    used    BIGINT
);
CREATE UNIQUE INDEX access_token_by_id ON access_token (id);
CREATE INDEX access_token_by_account ON access_token (account);
CREATE INDEX access_token_by_expiry ON access_token (expires);

-- Sessions at the console. `sealed` is what the pages show of whoever came through an ENT.
CREATE TABLE console_session (
    hash    BYTEA    NOT NULL PRIMARY KEY,
    account TEXT    NOT NULL,
    role    TEXT    NOT NULL,
    stage   TEXT    NOT NULL,
    sealed  TEXT,
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX console_session_by_account ON console_session (account);
CREATE INDEX console_session_by_expiry ON console_session (expires);

-- How often a sign-in failed, by account and by address, both hashed, and until when nobody may try again.
CREATE TABLE sign_in_failure (
    name     BYTEA    NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last     BIGINT NOT NULL,
    until    BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_by_time ON sign_in_failure (last);

-- Who looks after a school's subscriptions, where an operator's file says so.
CREATE TABLE school_manager (
    person     UUID NOT NULL,
    ent        TEXT NOT NULL,
    school     TEXT NOT NULL,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (person, ent, school)
);
