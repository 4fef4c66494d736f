-- Check-ins that this node took, counted by ten minutes, for charts.
CREATE TABLE checkin_history (
  at INTEGER PRIMARY KEY,          -- when the ten minutes began
  answered INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  failed INTEGER NOT NULL
);
