-- Counts of servers over time, for charts.
CREATE TABLE server_stats (
  at INTEGER PRIMARY KEY,          -- when the ten minutes began
  up_to_date INTEGER NOT NULL,
  outdated INTEGER NOT NULL,
  unsupported INTEGER NOT NULL,
  inactive INTEGER NOT NULL
);

-- The last usage report: made once a period, whether or not it could be sent.
CREATE TABLE usage_report (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  made INTEGER NOT NULL,
  content TEXT,                    -- while it is to be sent
  way TEXT,                        -- source, mail, file; null before the first try
  error TEXT                       -- why the best way was not to be had
);

-- The last report of each portal that has this one as its patch source.
CREATE TABLE follower_report (
  instance TEXT PRIMARY KEY,
  received INTEGER NOT NULL,
  content TEXT NOT NULL
);
