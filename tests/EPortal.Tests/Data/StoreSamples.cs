namespace EPortal.Tests.Data;

/// <summary>Rows for stores of earlier versions, in the schema that they had.</summary>
internal static class StoreSamples
{
    private const int Always = int.MaxValue;

    /// <summary>From which script on, and before which, a statement fits.</summary>
    public static readonly IReadOnlyList<(int From, int Until, string Sql)> Rows =
    [
        (
            1,
            Always,
            "INSERT INTO operation (origin, sequence, stamp, entity, content) SELECT origin, 1, 10, 'key', '{}' FROM node"
        ),
        (1, Always, "INSERT INTO version_vector (origin, sequence) SELECT origin, 1 FROM node"),
        (1, Always, "UPDATE node SET stamp = 10, revision = 1"),
        (
            1,
            Always,
            "INSERT INTO user_log (id, stamp, at, actor, action, detail) VALUES ('aaaaaaaaaaaa.9', 9, 1700000000000000, 'root', 'key.add', 'old-key')"
        ),
        (
            2,
            Always,
            "INSERT INTO key (id, stamp, name, note, feed, products) VALUES ('aaaaaaaaaaaa.1', 1, 'old-key', 'a note', '000000000000.1', 'kernel')"
        ),
        (
            2,
            Always,
            "INSERT INTO patchset (id, stamp, product, name, released, channel, distros, summary, changelog, manifest_sha256, archive) VALUES ('aaaaaaaaaaaa.2', 2, 'kernel', 'K1', 1700000000000000, 'default', 'debian12', '', '', 'ab', 'K1.tar')"
        ),
        (2, Always, "INSERT INTO patchset_copy (patchset, available_at) VALUES ('aaaaaaaaaaaa.2', 1700000000000000)"),
        (
            2,
            Always,
            "INSERT INTO patchset_target (patchset, product, target, level, cves, files) VALUES ('aaaaaaaaaaaa.2', 'kernel', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1, '', '[]')"
        ),
        (
            2,
            Always,
            "INSERT INTO placement (id, stamp, feed, patchset, enabled, held) VALUES ('aaaaaaaaaaaa.3', 3, '000000000000.1', 'aaaaaaaaaaaa.2', 1, 1)"
        ),
        (2, Always, "INSERT INTO hold (id, entity, subject) VALUES ('aaaaaaaaaaaa.4', 'placement', 'aaaaaaaaaaaa.3')"),
        (
            2,
            Always,
            "INSERT INTO server (local, id, stamp, server_id, key, hostname, ip, registered, tags) VALUES (1, 'aaaaaaaaaaaa.5', 5, 'ABCDEFGHabcdefgh', 'aaaaaaaaaaaa.1', 'web1', '192.0.2.1', 1700000000000000, 'env:test;blue')"
        ),
        (
            2,
            Always,
            "INSERT INTO server (local, id, stamp, server_id, key, hostname, ip, registered) VALUES (2, 'aaaaaaaaaaaa.6', 6, 'ABCDEFGHabcdefgi', 'aaaaaaaaaaaa.1', 'web2', '192.0.2.2', 1700000000000000)"
        ),
        (
            2,
            Always,
            "INSERT INTO server_checkin (server, at, uptime, stamp, origin) SELECT 1, 1700000000000000, 7, 7, origin FROM node"
        ),
        (
            2,
            Always,
            "INSERT INTO server_facts (server, ip, hostname, kernel_id, release, euname, patch_level, patch_type, version, virt, kcare_version, distro, distro_version, machine, processor, sticky_patchset, update_delay, update_result, feed) VALUES (1, '192.0.2.1', 'web1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '6.1', '6.1', 1, '', '', '', '1', 'debian', '12', 'x86_64', '', '', 0, '', 'main')"
        ),
        (
            2,
            Always,
            "INSERT INTO server_history (server, at, what, was, became) VALUES (1, 1700000000000000, 'level', '0', '1')"
        ),
        (
            2,
            Always,
            "INSERT INTO account (id, stamp, name, password, admin) VALUES ('aaaaaaaaaaaa.7', 7, 'old-admin', 'x', 1)"
        ),
        (3, Always, "INSERT INTO source_sync (one, at, message) VALUES (1, 1700000000000000, 'ok')"),
        (
            3,
            Always,
            "INSERT INTO source_patchset (name, product, released, channel, distros, archive, size, sha256, manifest_sha256, state) VALUES ('K1', 'kernel', 1700000000000000, 'default', '', 'archives/K1.tar', 1, 'ab', 'ab', 'available')"
        ),
        (
            3,
            Always,
            "INSERT INTO own_index (one, version, content, expires, json, signature) VALUES (1, 41, 'c', 1700000000000000, x'7b7d', 's')"
        ),
        (
            4,
            Always,
            "INSERT INTO api_key (id, stamp, key_id, account, name, hash, created) VALUES ('aaaaaaaaaaaa.8', 8, 'k', 'aaaaaaaaaaaa.7', 'n', 'h', 1)"
        ),
        (4, Always, "INSERT INTO api_key_use (key, at, address) VALUES ('aaaaaaaaaaaa.8', 1, '192.0.2.1')"),
        (
            5,
            Always,
            "INSERT INTO login_session (id, token, account, mark, via, created, seen, address, agent) VALUES ('1', 't', 'aaaaaaaaaaaa.7', 'm', 'password', 1, 1, '192.0.2.1', 'a')"
        ),
        (9, Always, "INSERT INTO checkin_history (at, answered, refused, failed) VALUES (0, 1, 2, 3)"),
        (
            10,
            Always,
            "INSERT INTO checkin_log (stamp, at, entries) VALUES (8, 1700000000000000, x'01000000000000000700000000000000')"
        ),
        (10, 21, "INSERT INTO facts_log (stamp, at, servers, told) VALUES (9, 1700000000000000, x'', x'')"),
        (12, Always, "INSERT INTO retention_clock (one, passed, wall) VALUES (1, 5, 6)"),
        (12, Always, "INSERT INTO retention_mark (name, passed, newest) VALUES ('user_log', 1, 2)"),
        (
            15,
            Always,
            "INSERT INTO external_login (account, name, settings, login, confirmed) VALUES ('aaaaaaaaaaaa.7', 'n', 's', 1, 1)"
        ),
        (19, Always, "INSERT INTO runtime_setting (section, value, saving) VALUES ('ldap', '{}', '1')"),
    ];
}
