-- What an operator asks when somebody could not sign on, or when a school has nobody.

-- Launches that ended without an event, for a day. A ring: the slots bound what one connection can take, however many
-- sign-ons fail there.
CREATE TABLE failed_sign_on (
    connection TEXT    NOT NULL,
    slot       INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 199),
    seq        INTEGER NOT NULL,
    launch     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    passed     TEXT    NOT NULL,
    failed     TEXT    NOT NULL,
    PRIMARY KEY (connection, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX failed_sign_on_by_time ON failed_sign_on (at);

CREATE INDEX affiliation_by_school ON affiliation (school);
