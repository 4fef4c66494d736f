-- The nodes that this one exchanges changes with.
CREATE TABLE peer (
  url TEXT PRIMARY KEY,
  origin TEXT NOT NULL DEFAULT '',      -- as it said last; empty before the first contact
  announced INTEGER NOT NULL,           -- 1: it made itself known; 0: from the settings
  features INTEGER NOT NULL DEFAULT 0,  -- its feature level
  vector TEXT NOT NULL DEFAULT '{}',    -- its version vector when it answered last, JSON
  cursor INTEGER NOT NULL DEFAULT 0,    -- its stamp up to which its check-ins are here
  contact INTEGER,                      -- last answer, Unix microseconds
  synced INTEGER,                       -- when all that it had was here last, Unix microseconds
  skew INTEGER NOT NULL DEFAULT 0,      -- its clock less this one's, milliseconds
  merged INTEGER,                       -- last full merge, Unix microseconds
  digests TEXT NOT NULL DEFAULT '',     -- kinds of entities that differed when both had the same changes, spaces between them
  error TEXT                            -- why the last exchange failed
) WITHOUT ROWID;

ALTER TABLE node ADD COLUMN promoted INTEGER NOT NULL DEFAULT 0; -- 1: a standby node that takes changes of its own

-- Counts the full merges that changed or deleted rows without an operation.
ALTER TABLE node ADD COLUMN merges INTEGER NOT NULL DEFAULT 0;

-- The stamp of this node with which a row was last written from a peer or from the log; null: that of the check-in itself.
ALTER TABLE server_checkin ADD COLUMN changed INTEGER;
-- When and where the host last said something new, and the stamp of this node with which that was written.
ALTER TABLE server_checkin ADD COLUMN facts_stamp INTEGER NOT NULL DEFAULT 0;
ALTER TABLE server_checkin ADD COLUMN facts_origin TEXT NOT NULL DEFAULT '';
ALTER TABLE server_checkin ADD COLUMN facts_changed INTEGER NOT NULL DEFAULT 0;
UPDATE server_checkin SET facts_stamp = stamp, facts_origin = origin, facts_changed = stamp;
