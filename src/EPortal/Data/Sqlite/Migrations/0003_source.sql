-- The patch source as this node sees it, and patchsets of which only the manifest is here.

-- The index that was believed last, as it came.
CREATE TABLE source_index (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  url TEXT NOT NULL,
  version INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  signed_by TEXT,                  -- minisign key id; none while no key was pinned
  expires INTEGER NOT NULL,
  json BLOB NOT NULL,
  signature TEXT NOT NULL
);

-- How the last sync went.
CREATE TABLE source_sync (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  at INTEGER NOT NULL,
  succeeded_at INTEGER,            -- the last that did
  error TEXT,                      -- code of SourceError; none when it succeeded
  message TEXT NOT NULL
);

-- What that index lists.
CREATE TABLE source_patchset (
  name TEXT PRIMARY KEY,
  product TEXT NOT NULL,
  released INTEGER NOT NULL,
  channel TEXT NOT NULL,
  distros TEXT NOT NULL,           -- separated by spaces
  archive TEXT NOT NULL,           -- path at the source
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;

-- 0: only the manifest is here, patch files are fetched when asked for.
ALTER TABLE patchset_copy ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;
ALTER TABLE patchset_copy ADD COLUMN archive_size INTEGER;
ALTER TABLE patchset_copy ADD COLUMN archive_sha256 TEXT;

-- The index that this portal gave out last as a patch source itself.
CREATE TABLE own_index (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  content TEXT NOT NULL,           -- hash of what it lists, so that a new version means something new
  expires INTEGER NOT NULL,
  json BLOB NOT NULL,
  signature TEXT NOT NULL
);
