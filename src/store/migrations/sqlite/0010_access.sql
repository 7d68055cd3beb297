-- Who works here beside launches: accounts and clients, their tokens and sessions. What is secret is hashed or sealed.

-- An account signs in at the console; a client's keys stand here too. `step` is the last time step whose code counted.
CREATE TABLE account (
    id          TEXT    NOT NULL PRIMARY KEY,
    role        TEXT    NOT NULL,
    disabled    INTEGER NOT NULL DEFAULT 0,
    password    TEXT,
    step        INTEGER NOT NULL DEFAULT 0,
    enrolment   BLOB,
    enrol_until INTEGER NOT NULL DEFAULT 0,
    keys        TEXT,
    scopes      TEXT    NOT NULL DEFAULT '',
    created     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Codes that stand for a lost device, each once.
CREATE TABLE recovery_code (
    account TEXT NOT NULL,
    hash    BLOB NOT NULL,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;

-- What is sealed under the master key and is no key: the secrets of authenticators.
CREATE TABLE sealed_secret (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE access_token (
    hash    BLOB    NOT NULL PRIMARY KEY,
    id      TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    account TEXT    NOT NULL,
    role    TEXT    NOT NULL,
    scopes  TEXT    NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    used    INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX access_token_by_id ON access_token (id);
CREATE INDEX access_token_by_account ON access_token (account);
CREATE INDEX access_token_by_expiry ON access_token (expires);

-- Sessions at the console. `sealed` is what the pages show of whoever came through an ENT.
CREATE TABLE console_session (
    hash    BLOB    NOT NULL PRIMARY KEY,
    account TEXT    NOT NULL,
    role    TEXT    NOT NULL,
    stage   TEXT    NOT NULL,
    sealed  TEXT,
    created INTEGER NOT NULL,
    seen    INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_session_by_account ON console_session (account);
CREATE INDEX console_session_by_expiry ON console_session (expires);

-- How often a sign-in failed, by account and by address, both hashed, and until when nobody may try again.
CREATE TABLE sign_in_failure (
    name     BLOB    NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    until    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_failure_by_time ON sign_in_failure (last);

-- Who looks after a school's subscriptions, where an operator's file says so.
CREATE TABLE school_manager (
    person     BLOB NOT NULL,
    ent        TEXT NOT NULL,
    school     TEXT NOT NULL,
    managed_by TEXT NOT NULL,
    PRIMARY KEY (person, ent, school)
) STRICT, WITHOUT ROWID;
