CREATE TABLE account (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password TEXT NOT NULL,         -- argon2id, with salt and costs
    created_at TEXT NOT NULL,
    disabled_at TEXT
) STRICT;

CREATE TABLE session (
    hash BLOB PRIMARY KEY,          -- SHA-256 of what the cookie holds
    account TEXT NOT NULL REFERENCES account (name),
    created_at REAL NOT NULL,       -- seconds since 1970
    seen_at REAL NOT NULL
) STRICT;
CREATE INDEX session_of_account ON session (account);

CREATE TABLE display (
    name TEXT PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,      -- SHA-256 of its token
    unit TEXT,                      -- the one it shows; NULL: all
    created_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
