-- What this node knows of users whom a directory or a sign-on provider vouches for.

CREATE TABLE external_login (
  account TEXT PRIMARY KEY,        -- birth of the account
  name TEXT NOT NULL,              -- as it was typed, or the provider said it
  settings TEXT NOT NULL,          -- which directory or provider it was, hashed
  login INTEGER NOT NULL,          -- last login, Unix microseconds
  confirmed INTEGER NOT NULL       -- when it was last said that the user may log in
) WITHOUT ROWID;
