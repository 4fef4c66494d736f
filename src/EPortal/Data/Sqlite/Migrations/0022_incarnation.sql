-- Who this node has been: a restored, cloned or replaced database takes a new origin.
ALTER TABLE node ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 1;  -- counts the origins of this store
ALTER TABLE node ADD COLUMN mark TEXT NOT NULL DEFAULT '';           -- machine and high-water file that it belongs to, hashed; empty before

-- Origins that it had, and how far it knew of itself then: what peers know beyond that was lost here.
CREATE TABLE former_origin (
  origin TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,       -- the last of its own operations
  hash TEXT NOT NULL,              -- of that operation; empty when it was not known
  until INTEGER NOT NULL,          -- Unix microseconds
  reason TEXT NOT NULL             -- a word of NewOrigin
) WITHOUT ROWID;
