-- A session is of an account, or of somebody who logged in at a provider: then it holds what the provider said.
DROP TABLE session;
CREATE TABLE session (
    hash BLOB PRIMARY KEY,          -- SHA-256 of what the cookie holds
    account TEXT REFERENCES account (name),
    name TEXT,
    roles TEXT,                     -- with blanks between them
    created_at REAL NOT NULL,       -- seconds since 1970
    seen_at REAL NOT NULL,
    CHECK ((account IS NULL) = (name IS NOT NULL) AND (name IS NULL) = (roles IS NULL))
) STRICT;
CREATE INDEX session_of_account ON session (account);
CREATE INDEX session_of_name ON session (name);
