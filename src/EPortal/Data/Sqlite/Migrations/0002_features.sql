-- Patchsets, feeds, keys, servers, accounts. Times are Unix microseconds; ids are births (ORIGIN.SEQUENCE).

CREATE TABLE feed (
  id TEXT PRIMARY KEY,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  shadowed INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL,
  auto INTEGER NOT NULL DEFAULT 0,
  deploy_after INTEGER NOT NULL DEFAULT 0, -- hours
  channel TEXT NOT NULL DEFAULT 'default'
);
CREATE INDEX feed_name ON feed (name);
-- The same entity on every node; its origin is nobody's.
INSERT INTO feed (id, stamp, name) VALUES ('000000000000.1', 0, 'main');
INSERT INTO version_vector VALUES ('000000000000', 1);

CREATE TABLE key (
  id TEXT PRIMARY KEY,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  shadowed INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  feed TEXT NOT NULL,              -- main when that feed is gone
  server_limit INTEGER NOT NULL DEFAULT 0,
  products TEXT NOT NULL
);
CREATE INDEX key_name ON key (name);

CREATE TABLE patchset (
  id TEXT PRIMARY KEY,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  shadowed INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  product TEXT NOT NULL,
  name TEXT NOT NULL,
  released INTEGER NOT NULL,
  channel TEXT NOT NULL,
  distros TEXT NOT NULL,           -- separated by spaces
  summary TEXT NOT NULL,
  changelog TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  archive TEXT NOT NULL,           -- file name under arch/
  signed_by TEXT                   -- minisign key id
);
CREATE INDEX patchset_name ON patchset (product, name);

-- What this node has of a patchset.
CREATE TABLE patchset_copy (
  patchset TEXT PRIMARY KEY REFERENCES patchset (id) ON DELETE CASCADE,
  available_at INTEGER NOT NULL
);

CREATE TABLE patchset_target (
  patchset TEXT NOT NULL REFERENCES patchset_copy (patchset) ON DELETE CASCADE,
  product TEXT NOT NULL,
  target TEXT NOT NULL,
  level INTEGER NOT NULL,
  distro TEXT,
  release TEXT,
  euname TEXT,
  machine TEXT,
  cves TEXT NOT NULL,              -- separated by spaces
  files TEXT NOT NULL,             -- JSON list of name, size, sha256
  PRIMARY KEY (patchset, target)
) WITHOUT ROWID;
CREATE INDEX patchset_target_level ON patchset_target (target, level);

-- The state of a patchset on a feed: in force when enabled and not held.
CREATE TABLE placement (
  id TEXT PRIMARY KEY,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  held INTEGER NOT NULL DEFAULT 0,
  feed TEXT NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  patchset TEXT NOT NULL REFERENCES patchset (id) ON DELETE CASCADE,
  enabled INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX placement_feed ON placement (feed);
CREATE INDEX placement_patchset ON placement (patchset);

CREATE TABLE server (
  local INTEGER PRIMARY KEY,       -- this node's own short number
  id TEXT NOT NULL UNIQUE,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  server_id TEXT NOT NULL,         -- 16 letters and digits, the agent's secret
  key TEXT NOT NULL,
  hostname TEXT NOT NULL,          -- as registered
  ip TEXT NOT NULL,
  registered INTEGER NOT NULL,
  tags TEXT NOT NULL DEFAULT ''
);
CREATE INDEX server_server_id ON server (server_id);
CREATE INDEX server_key ON server (key);

-- Rewritten by every check-in, so it is narrow and has no index.
CREATE TABLE server_checkin (
  server INTEGER PRIMARY KEY REFERENCES server (local) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  uptime INTEGER NOT NULL,         -- seconds
  stamp INTEGER NOT NULL,
  origin TEXT NOT NULL
);

-- Rewritten when something about the host changed.
CREATE TABLE server_facts (
  server INTEGER PRIMARY KEY REFERENCES server (local) ON DELETE CASCADE,
  ip TEXT NOT NULL,
  hostname TEXT NOT NULL,
  kernel_id TEXT NOT NULL,
  release TEXT NOT NULL,
  euname TEXT NOT NULL,
  patch_level INTEGER NOT NULL,
  patch_type TEXT NOT NULL,
  version TEXT NOT NULL,
  virt TEXT NOT NULL,
  kcare_version TEXT NOT NULL,
  distro TEXT NOT NULL,
  distro_version TEXT NOT NULL,
  machine TEXT NOT NULL,
  processor TEXT NOT NULL,
  sticky_patchset TEXT NOT NULL,
  update_delay INTEGER NOT NULL,
  update_result TEXT NOT NULL,
  feed TEXT NOT NULL,              -- name of the feed it followed then
  updated INTEGER                  -- when its level last changed
);

CREATE TABLE server_history (
  number INTEGER PRIMARY KEY,
  server INTEGER NOT NULL REFERENCES server (local) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  was TEXT NOT NULL,
  became TEXT NOT NULL
);
CREATE INDEX server_history_server ON server_history (server, number);

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  shadowed INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0, -- demoted to read-only
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  password TEXT,                   -- Argon2id in PHC form; none for accounts kept elsewhere
  admin INTEGER NOT NULL
);
CREATE INDEX account_name ON account (name);
