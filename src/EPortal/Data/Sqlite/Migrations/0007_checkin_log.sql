-- Check-ins that bring nothing new, a row a commit; taken into server_checkin little by little.

CREATE TABLE checkin_log (
  stamp INTEGER PRIMARY KEY,       -- of all check-ins in it
  at INTEGER NOT NULL,
  entries BLOB NOT NULL            -- server and uptime, 8 bytes each, little-endian
);

ALTER TABLE server_checkin ADD COLUMN digest INTEGER NOT NULL DEFAULT 0; -- of what the host said last; 0 for none
