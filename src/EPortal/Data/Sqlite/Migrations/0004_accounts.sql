-- Keys by which programs call the API in the name of an account.

CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  key_id TEXT NOT NULL,            -- the part of the key that is no secret
  account TEXT NOT NULL,           -- birth of the account
  name TEXT NOT NULL,
  hash TEXT NOT NULL,              -- SHA-256 of the secret part, lower-case hex
  created INTEGER NOT NULL,
  expires INTEGER                  -- none: never
);
CREATE INDEX api_key_key_id ON api_key (key_id);
CREATE INDEX api_key_account ON api_key (account);

CREATE TABLE api_key_use (
  key TEXT PRIMARY KEY REFERENCES api_key (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  address TEXT NOT NULL
);
