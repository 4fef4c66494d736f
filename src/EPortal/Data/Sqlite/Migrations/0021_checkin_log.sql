-- One log of check-ins. A row holds either times, in entries, or what hosts said that is new, in servers and told.
ALTER TABLE checkin_log ADD COLUMN servers BLOB;  -- 8 bytes each, little-endian; null in rows of times
ALTER TABLE checkin_log ADD COLUMN told BLOB;     -- each a length of 4 bytes, the uptime before of 8, and JSON
INSERT INTO checkin_log (stamp, at, entries, servers, told) SELECT stamp, at, x'', servers, told FROM facts_log;
DROP TABLE facts_log;
