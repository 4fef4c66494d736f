-- Check-ins, a row a commit, on their way into the servers' own rows.
CREATE TABLE checkin_log (
  stamp INTEGER PRIMARY KEY,       -- of all check-ins in it
  at INTEGER NOT NULL,
  entries BLOB NOT NULL            -- server and uptime, 8 bytes each, little-endian
);

-- What hosts said that is new, on its way into server_facts and server_history.
CREATE TABLE facts_log (
  stamp INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  servers BLOB NOT NULL,           -- 8 bytes each, little-endian
  told BLOB NOT NULL               -- each a length of 4 bytes, the uptime before of 8, and JSON
);

ALTER TABLE server_checkin ADD COLUMN digest INTEGER NOT NULL DEFAULT 0; -- of what the host said last; 0 for none
