-- What every store has: who it is, what was done, who did it.

CREATE TABLE node (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  origin TEXT NOT NULL,            -- this node, 12 hex digits; new after a restore or a clone
  stamp INTEGER NOT NULL,          -- the hybrid clock's last stamp
  revision INTEGER NOT NULL,       -- moves with every change
  offer_revision INTEGER NOT NULL  -- moves with every change that can alter what a feed offers
);
INSERT INTO node VALUES (1, lower(hex(randomblob(6))), 0, 0, 0);

CREATE TABLE operation (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- order of arrival here
  origin TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  entity TEXT NOT NULL,
  content TEXT NOT NULL,
  UNIQUE (origin, sequence)
);

CREATE TABLE version_vector (
  origin TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL
) WITHOUT ROWID;

-- Received, but waiting for an operation of another node that it builds on.
CREATE TABLE pending_operation (
  origin TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  waits_origin TEXT NOT NULL,
  waits_sequence INTEGER NOT NULL,
  PRIMARY KEY (origin, sequence)
) WITHOUT ROWID;
CREATE INDEX pending_operation_waits ON pending_operation (waits_origin, waits_sequence);

CREATE TABLE hold (
  id TEXT PRIMARY KEY,             -- id of the operation that added it
  entity TEXT NOT NULL,
  subject TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX hold_subject ON hold (entity, subject);

CREATE TABLE user_log (
  id TEXT PRIMARY KEY,
  stamp INTEGER NOT NULL,
  stamps TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,             -- Unix microseconds
  actor TEXT NOT NULL,
  address TEXT,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX user_log_at ON user_log (at);
