-- What is old is deleted, and what must be known of it stays.

-- Hash of the operation before this one of the same origin; empty where that was not known.
ALTER TABLE operation ADD COLUMN prev_hash TEXT NOT NULL DEFAULT '';

ALTER TABLE version_vector ADD COLUMN hash TEXT NOT NULL DEFAULT '';          -- of the last operation received
ALTER TABLE version_vector ADD COLUMN kept_from INTEGER NOT NULL DEFAULT 1;   -- from this sequence on all operations are kept

ALTER TABLE node ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;               -- the last operation deleted, by its number

-- Time as it passes while the portal runs, in microseconds: a clock that is set moves it by two rounds at the most.
CREATE TABLE retention_clock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  passed INTEGER NOT NULL,
  wall INTEGER NOT NULL            -- the clock when that was counted, Unix microseconds
);

-- The newest row that a table had at a time of that clock.
CREATE TABLE retention_mark (
  name TEXT NOT NULL,
  passed INTEGER NOT NULL,
  newest INTEGER NOT NULL,
  PRIMARY KEY (name, passed)
) WITHOUT ROWID;

CREATE INDEX user_log_stamp ON user_log (stamp);
