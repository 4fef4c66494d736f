-- Logins of people, and accounts that are kept elsewhere.

ALTER TABLE account ADD COLUMN identity TEXT; -- who it is elsewhere, such as ldap:NAME; none for local accounts

CREATE TABLE login_session (
  id TEXT PRIMARY KEY,             -- for lists; opens nothing
  token TEXT NOT NULL UNIQUE,      -- SHA-256 of what the browser holds, lower-case hex
  account TEXT NOT NULL,           -- birth of the account
  mark TEXT NOT NULL,              -- what the account's password and role were at the login, hashed
  via TEXT NOT NULL,               -- password or sso
  created INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_session_account ON login_session (account);
