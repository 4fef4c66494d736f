-- What many servers have in common is kept once: a profile is what a host runs, a group the servers of one key with one profile.
-- Lists and pictures of a million servers then judge some tens of thousands of groups. A check-in that brings nothing new touches
-- none of it.

DROP TRIGGER server_search_added;
DROP TRIGGER server_search_changed;
DROP TRIGGER server_search_told;
DROP TRIGGER server_search_told_again;
DROP TABLE server_count;
DROP TABLE server_search;

CREATE TABLE server_profile (
  id INTEGER PRIMARY KEY,
  kernel_id TEXT NOT NULL,
  patch_level INTEGER NOT NULL,
  distro TEXT NOT NULL,
  distro_version TEXT NOT NULL,
  release TEXT NOT NULL,
  euname TEXT NOT NULL,
  machine TEXT NOT NULL,
  virt TEXT NOT NULL,
  kcare_version TEXT NOT NULL,
  failed INTEGER NOT NULL,         -- whether the last update failed
  UNIQUE (kernel_id, patch_level, distro, distro_version, release, euname, machine, virt, kcare_version, failed)
);
-- Of hosts that have not checked in yet. It stays, whether or not there are any.
INSERT INTO server_profile VALUES (0, '', 0, '', '', '', '', '', '', '', 0);

CREATE TABLE server_group (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  profile INTEGER NOT NULL,
  servers INTEGER NOT NULL,
  UNIQUE (key, profile)
);

CREATE TABLE server_search (
  server INTEGER PRIMARY KEY REFERENCES server (local) ON DELETE CASCADE,
  grp INTEGER NOT NULL,
  hostname TEXT NOT NULL COLLATE NOCASE,
  ip TEXT NOT NULL COLLATE NOCASE,
  registered INTEGER NOT NULL,
  updated INTEGER
);

CREATE TABLE server_tag_count (
  tag TEXT PRIMARY KEY COLLATE NOCASE,
  servers INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO server_profile (kernel_id, patch_level, distro, distro_version, release, euname, machine, virt, kcare_version, failed)
SELECT DISTINCT kernel_id, patch_level, distro, distro_version, release, euname, machine, virt, kcare_version, update_result LIKE 'failed:%' FROM server_facts;

CREATE TEMP TABLE server_profile_of AS SELECT x.server, p.id AS profile FROM server_facts x JOIN server_profile p
  ON p.kernel_id = x.kernel_id AND p.patch_level = x.patch_level AND p.distro = x.distro AND p.distro_version = x.distro_version
  AND p.release = x.release AND p.euname = x.euname AND p.machine = x.machine AND p.virt = x.virt AND p.kcare_version = x.kcare_version
  AND p.failed = (x.update_result LIKE 'failed:%');
CREATE UNIQUE INDEX temp.server_profile_of_server ON server_profile_of (server, profile);

INSERT INTO server_group (key, profile, servers)
SELECT s.key, coalesce(o.profile, 0), count(*) FROM server s LEFT JOIN server_profile_of o ON o.server = s.local GROUP BY 1, 2;

INSERT INTO server_search (server, grp, hostname, ip, registered, updated)
SELECT s.local, g.id, coalesce(x.hostname, s.hostname), coalesce(x.ip, s.ip), s.registered, x.updated
FROM server s LEFT JOIN server_facts x ON x.server = s.local LEFT JOIN server_profile_of o ON o.server = s.local
JOIN server_group g ON g.key = s.key AND g.profile = coalesce(o.profile, 0);

DROP TABLE server_profile_of;

INSERT INTO server_tag_count (tag, servers) SELECT tag, count(*) FROM server_tag GROUP BY tag;

CREATE INDEX server_group_profile ON server_group (profile);
CREATE INDEX server_search_grp ON server_search (grp);
CREATE INDEX server_search_hostname ON server_search (hostname);
CREATE INDEX server_search_ip ON server_search (ip);
CREATE INDEX server_search_registered ON server_search (registered);
CREATE INDEX server_search_updated ON server_search (updated);

-- How many servers of a key run a kernel at a level.
CREATE VIEW server_count AS
SELECT g.key, p.kernel_id, p.patch_level, sum(g.servers) AS servers FROM server_group g JOIN server_profile p ON p.id = g.profile GROUP BY 1, 2, 3;

CREATE TRIGGER server_search_added AFTER INSERT ON server BEGIN
  INSERT INTO server_group (key, profile, servers) VALUES (new.key, 0, 0) ON CONFLICT DO NOTHING;
  INSERT INTO server_search (server, grp, hostname, ip, registered)
  SELECT new.local, id, new.hostname, new.ip, new.registered FROM server_group WHERE key = new.key AND profile = 0;
END;

CREATE TRIGGER server_search_changed AFTER UPDATE OF key, hostname, ip, registered ON server BEGIN
  INSERT INTO server_group (key, profile, servers)
  SELECT new.key, g.profile, 0 FROM server_search x JOIN server_group g ON g.id = x.grp WHERE x.server = new.local AND g.key <> new.key
  ON CONFLICT DO NOTHING;
  UPDATE server_search SET registered = new.registered, grp = (
    SELECT n.id FROM server_group o JOIN server_group n ON n.key = new.key AND n.profile = o.profile WHERE o.id = server_search.grp)
  WHERE server = new.local;
  UPDATE server_search SET hostname = new.hostname, ip = new.ip
  WHERE server = new.local AND NOT EXISTS (SELECT 1 FROM server_facts x WHERE x.server = new.local);
END;

-- What a host says of itself goes by here from both triggers below.
CREATE VIEW server_told AS SELECT * FROM server_facts;

CREATE TRIGGER server_told_taken INSTEAD OF INSERT ON server_told BEGIN
  INSERT INTO server_profile (kernel_id, patch_level, distro, distro_version, release, euname, machine, virt, kcare_version, failed)
  VALUES (new.kernel_id, new.patch_level, new.distro, new.distro_version, new.release, new.euname, new.machine, new.virt, new.kcare_version,
    new.update_result LIKE 'failed:%')
  ON CONFLICT DO NOTHING;
  INSERT INTO server_group (key, profile, servers)
  SELECT s.key, p.id, 0 FROM server s CROSS JOIN server_profile p
  WHERE s.local = new.server AND p.kernel_id = new.kernel_id AND p.patch_level = new.patch_level AND p.distro = new.distro
    AND p.distro_version = new.distro_version AND p.release = new.release AND p.euname = new.euname AND p.machine = new.machine
    AND p.virt = new.virt AND p.kcare_version = new.kcare_version AND p.failed = (new.update_result LIKE 'failed:%')
  ON CONFLICT DO NOTHING;
  UPDATE server_search SET hostname = new.hostname, ip = new.ip, updated = new.updated, grp = (
    SELECT g.id FROM server s CROSS JOIN server_profile p CROSS JOIN server_group g
    WHERE s.local = new.server AND p.kernel_id = new.kernel_id AND p.patch_level = new.patch_level AND p.distro = new.distro
      AND p.distro_version = new.distro_version AND p.release = new.release AND p.euname = new.euname AND p.machine = new.machine
      AND p.virt = new.virt AND p.kcare_version = new.kcare_version AND p.failed = (new.update_result LIKE 'failed:%')
      AND g.key = s.key AND g.profile = p.id)
  WHERE server = new.server;
END;

CREATE TRIGGER server_search_told AFTER INSERT ON server_facts BEGIN
  INSERT INTO server_told (server, ip, hostname, kernel_id, release, euname, patch_level, virt, kcare_version, distro, distro_version, machine, update_result, updated)
  VALUES (new.server, new.ip, new.hostname, new.kernel_id, new.release, new.euname, new.patch_level, new.virt, new.kcare_version, new.distro,
    new.distro_version, new.machine, new.update_result, new.updated);
END;

CREATE TRIGGER server_search_told_again AFTER UPDATE ON server_facts
WHEN old.hostname IS NOT new.hostname OR old.ip IS NOT new.ip OR old.kernel_id IS NOT new.kernel_id OR old.patch_level IS NOT new.patch_level
  OR old.updated IS NOT new.updated OR old.distro IS NOT new.distro OR old.distro_version IS NOT new.distro_version
  OR old.release IS NOT new.release OR old.euname IS NOT new.euname OR old.machine IS NOT new.machine OR old.virt IS NOT new.virt
  OR old.kcare_version IS NOT new.kcare_version OR old.update_result IS NOT new.update_result
BEGIN
  INSERT INTO server_told (server, ip, hostname, kernel_id, release, euname, patch_level, virt, kcare_version, distro, distro_version, machine, update_result, updated)
  VALUES (new.server, new.ip, new.hostname, new.kernel_id, new.release, new.euname, new.patch_level, new.virt, new.kcare_version, new.distro,
    new.distro_version, new.machine, new.update_result, new.updated);
END;

CREATE TRIGGER server_group_added AFTER INSERT ON server_search BEGIN
  UPDATE server_group SET servers = servers + 1 WHERE id = new.grp;
END;

CREATE TRIGGER server_group_moved AFTER UPDATE OF grp ON server_search WHEN old.grp <> new.grp BEGIN
  UPDATE server_group SET servers = servers + 1 WHERE id = new.grp;
  UPDATE server_group SET servers = servers - 1 WHERE id = old.grp;
  DELETE FROM server_group WHERE id = old.grp AND servers = 0;
END;

CREATE TRIGGER server_group_removed AFTER DELETE ON server_search BEGIN
  UPDATE server_group SET servers = servers - 1 WHERE id = old.grp;
  DELETE FROM server_group WHERE id = old.grp AND servers = 0;
END;

CREATE TRIGGER server_profile_unused AFTER DELETE ON server_group BEGIN
  DELETE FROM server_profile WHERE id = old.profile AND id <> 0 AND NOT EXISTS (SELECT 1 FROM server_group g WHERE g.profile = old.profile);
END;

CREATE TRIGGER server_tag_counted AFTER INSERT ON server_tag BEGIN
  INSERT INTO server_tag_count (tag, servers) SELECT new.tag, 0 WHERE NOT EXISTS (SELECT 1 FROM server_tag_count c WHERE c.tag = new.tag);
  UPDATE server_tag_count SET servers = servers + 1 WHERE tag = new.tag;
END;

CREATE TRIGGER server_tag_uncounted AFTER DELETE ON server_tag BEGIN
  UPDATE server_tag_count SET servers = servers - 1 WHERE tag = old.tag;
  DELETE FROM server_tag_count WHERE tag = old.tag AND servers = 0;
END;
