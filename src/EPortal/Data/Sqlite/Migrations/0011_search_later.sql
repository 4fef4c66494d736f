-- While very many hosts register, their rows in server_search are made afterwards; the hosts without one are the newest.
ALTER TABLE node ADD COLUMN search_later INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER server_search_added;
DROP TRIGGER server_search_told;
DROP TRIGGER server_search_told_again;

CREATE TRIGGER server_search_added AFTER INSERT ON server WHEN (SELECT search_later FROM node) = 0 BEGIN
  INSERT INTO server_group (key, profile, servers) VALUES (new.key, 0, 0) ON CONFLICT DO NOTHING;
  INSERT INTO server_search (server, grp, hostname, ip, registered)
  SELECT new.local, id, new.hostname, new.ip, new.registered FROM server_group WHERE key = new.key AND profile = 0;
END;

CREATE TRIGGER server_search_told AFTER INSERT ON server_facts WHEN EXISTS (SELECT 1 FROM server_search x WHERE x.server = new.server) BEGIN
  INSERT INTO server_told (server, ip, hostname, kernel_id, release, euname, patch_level, virt, kcare_version, distro, distro_version, machine, update_result, updated)
  VALUES (new.server, new.ip, new.hostname, new.kernel_id, new.release, new.euname, new.patch_level, new.virt, new.kcare_version, new.distro,
    new.distro_version, new.machine, new.update_result, new.updated);
END;

CREATE TRIGGER server_search_told_again AFTER UPDATE ON server_facts
WHEN EXISTS (SELECT 1 FROM server_search x WHERE x.server = new.server) AND (
  old.hostname IS NOT new.hostname OR old.ip IS NOT new.ip OR old.kernel_id IS NOT new.kernel_id OR old.patch_level IS NOT new.patch_level
  OR old.updated IS NOT new.updated OR old.distro IS NOT new.distro OR old.distro_version IS NOT new.distro_version
  OR old.release IS NOT new.release OR old.euname IS NOT new.euname OR old.machine IS NOT new.machine OR old.virt IS NOT new.virt
  OR old.kcare_version IS NOT new.kcare_version OR old.update_result IS NOT new.update_result)
BEGIN
  INSERT INTO server_told (server, ip, hostname, kernel_id, release, euname, patch_level, virt, kcare_version, distro, distro_version, machine, update_result, updated)
  VALUES (new.server, new.ip, new.hostname, new.kernel_id, new.release, new.euname, new.patch_level, new.virt, new.kcare_version, new.distro,
    new.distro_version, new.machine, new.update_result, new.updated);
END;

-- A row made afterwards: as of a host that has said nothing, then what it has said.
CREATE VIEW server_searchless AS
SELECT s.local, s.key, s.hostname, s.ip, s.registered FROM server s WHERE s.local > (SELECT coalesce(max(server), 0) FROM server_search);

CREATE TRIGGER server_search_made_up INSTEAD OF INSERT ON server_searchless BEGIN
  INSERT INTO server_group (key, profile, servers) VALUES (new.key, 0, 0) ON CONFLICT DO NOTHING;
  INSERT INTO server_search (server, grp, hostname, ip, registered)
  SELECT new.local, id, new.hostname, new.ip, new.registered FROM server_group WHERE key = new.key AND profile = 0;
  INSERT INTO server_told (server, ip, hostname, kernel_id, release, euname, patch_level, virt, kcare_version, distro, distro_version, machine, update_result, updated)
  SELECT x.server, x.ip, x.hostname, x.kernel_id, x.release, x.euname, x.patch_level, x.virt, x.kcare_version, x.distro,
    x.distro_version, x.machine, x.update_result, x.updated FROM server_facts x WHERE x.server = new.local;
END;
