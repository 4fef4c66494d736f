-- What servers are searched and counted by, kept by triggers from the tables that features write. A check-in that brings
-- nothing new touches none of it.

CREATE TABLE server_search (
  server INTEGER PRIMARY KEY REFERENCES server (local) ON DELETE CASCADE,
  key TEXT NOT NULL,
  hostname TEXT NOT NULL COLLATE NOCASE,
  ip TEXT NOT NULL COLLATE NOCASE,
  kernel_id TEXT NOT NULL,         -- empty before the first check-in
  patch_level INTEGER NOT NULL,
  registered INTEGER NOT NULL,
  updated INTEGER
);

CREATE TABLE server_tag (
  tag TEXT NOT NULL COLLATE NOCASE,
  server INTEGER NOT NULL REFERENCES server (local) ON DELETE CASCADE,
  PRIMARY KEY (tag, server)
) WITHOUT ROWID;

-- How many servers of a key run a kernel at a level.
CREATE TABLE server_count (
  key TEXT NOT NULL,
  kernel_id TEXT NOT NULL,
  patch_level INTEGER NOT NULL,
  servers INTEGER NOT NULL,
  PRIMARY KEY (key, kernel_id, patch_level)
) WITHOUT ROWID;

INSERT INTO server_search (server, key, hostname, ip, kernel_id, patch_level, registered, updated)
SELECT s.local, s.key, coalesce(x.hostname, s.hostname), coalesce(x.ip, s.ip), coalesce(x.kernel_id, ''), coalesce(x.patch_level, 0), s.registered, x.updated
FROM server s LEFT JOIN server_facts x ON x.server = s.local;

INSERT OR IGNORE INTO server_tag (tag, server)
SELECT DISTINCT t.value, s.local FROM server s, json_each('[' || replace(json_quote(s.tags), ';', '","') || ']') t WHERE s.tags <> '' AND t.value <> '';

INSERT INTO server_count (key, kernel_id, patch_level, servers)
SELECT key, kernel_id, patch_level, count(*) FROM server_search GROUP BY key, kernel_id, patch_level;

CREATE INDEX server_search_group ON server_search (key, kernel_id, patch_level);
CREATE INDEX server_search_hostname ON server_search (hostname);
CREATE INDEX server_search_ip ON server_search (ip);
CREATE INDEX server_search_registered ON server_search (registered);
CREATE INDEX server_search_updated ON server_search (updated);
CREATE INDEX server_tag_server ON server_tag (server);

CREATE TRIGGER server_search_added AFTER INSERT ON server BEGIN
  INSERT INTO server_search (server, key, hostname, ip, kernel_id, patch_level, registered)
  VALUES (new.local, new.key, new.hostname, new.ip, '', 0, new.registered);
END;

CREATE TRIGGER server_search_changed AFTER UPDATE OF key, hostname, ip, registered ON server BEGIN
  UPDATE server_search SET key = new.key, registered = new.registered WHERE server = new.local;
  UPDATE server_search SET hostname = new.hostname, ip = new.ip
  WHERE server = new.local AND NOT EXISTS (SELECT 1 FROM server_facts x WHERE x.server = new.local);
END;

CREATE TRIGGER server_search_told AFTER INSERT ON server_facts BEGIN
  UPDATE server_search SET hostname = new.hostname, ip = new.ip, kernel_id = new.kernel_id, patch_level = new.patch_level, updated = new.updated
  WHERE server = new.server;
END;

CREATE TRIGGER server_search_told_again AFTER UPDATE OF hostname, ip, kernel_id, patch_level, updated ON server_facts
WHEN old.hostname IS NOT new.hostname OR old.ip IS NOT new.ip OR old.kernel_id IS NOT new.kernel_id OR old.patch_level IS NOT new.patch_level
  OR old.updated IS NOT new.updated
BEGIN
  UPDATE server_search SET hostname = new.hostname, ip = new.ip, kernel_id = new.kernel_id, patch_level = new.patch_level, updated = new.updated
  WHERE server = new.server;
END;

CREATE TRIGGER server_tag_added AFTER INSERT ON server WHEN new.tags <> '' BEGIN
  INSERT OR IGNORE INTO server_tag (tag, server)
  SELECT t.value, new.local FROM json_each('[' || replace(json_quote(new.tags), ';', '","') || ']') t WHERE t.value <> '';
END;

CREATE TRIGGER server_tag_changed AFTER UPDATE OF tags ON server WHEN old.tags IS NOT new.tags BEGIN
  DELETE FROM server_tag WHERE server = new.local;
  INSERT OR IGNORE INTO server_tag (tag, server)
  SELECT t.value, new.local FROM json_each('[' || replace(json_quote(new.tags), ';', '","') || ']') t WHERE t.value <> '';
END;

CREATE TRIGGER server_count_added AFTER INSERT ON server_search BEGIN
  INSERT INTO server_count (key, kernel_id, patch_level, servers) VALUES (new.key, new.kernel_id, new.patch_level, 1)
  ON CONFLICT (key, kernel_id, patch_level) DO UPDATE SET servers = servers + 1;
END;

CREATE TRIGGER server_count_moved AFTER UPDATE OF key, kernel_id, patch_level ON server_search
WHEN old.key IS NOT new.key OR old.kernel_id IS NOT new.kernel_id OR old.patch_level IS NOT new.patch_level
BEGIN
  UPDATE server_count SET servers = servers - 1 WHERE key = old.key AND kernel_id = old.kernel_id AND patch_level = old.patch_level;
  DELETE FROM server_count WHERE key = old.key AND kernel_id = old.kernel_id AND patch_level = old.patch_level AND servers = 0;
  INSERT INTO server_count (key, kernel_id, patch_level, servers) VALUES (new.key, new.kernel_id, new.patch_level, 1)
  ON CONFLICT (key, kernel_id, patch_level) DO UPDATE SET servers = servers + 1;
END;

CREATE TRIGGER server_count_removed AFTER DELETE ON server_search BEGIN
  UPDATE server_count SET servers = servers - 1 WHERE key = old.key AND kernel_id = old.kernel_id AND patch_level = old.patch_level;
  DELETE FROM server_count WHERE key = old.key AND kernel_id = old.kernel_id AND patch_level = old.patch_level AND servers = 0;
END;
