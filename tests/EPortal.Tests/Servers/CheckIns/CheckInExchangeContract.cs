using EPortal.Data;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.CheckIns;

/// <summary>Latest check-ins for other nodes, page by page.</summary>
public abstract class CheckInExchangeContract(TestDatabase kind) : StoreContract(kind)
{
    /// <summary>All said something long ago and called again since, in no order.</summary>
    [Fact]
    public async Task What_hosts_said_is_in_one_of_the_pages_whenever_they_called_last()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        for (var n = 1; n <= 20; n++)
        {
            (
                await new Registration(store.Log, store.Changes).Register($"web{n}", "192.0.2.1", "k")
            ).ServerId.ShouldNotBeNull();
            var (local, said, called) = (n, n, 100 + (n * 7 % 20));
            await store.Log.Commit(
                Actor.Agent,
                change =>
                {
                    change.Session.Execute(
                        """
                        INSERT INTO server_checkin (server, at, uptime, stamp, origin, facts_stamp, facts_origin, facts_changed)
                        VALUES (@server, 0, 0, @called, 'x', @said, 'x', @said)
                        """,
                        ("@server", local),
                        ("@called", called),
                        ("@said", said)
                    );
                    return change.Session.Execute(
                        """
                        INSERT INTO server_facts (server, ip, hostname, kernel_id, release, euname, patch_level, patch_type, version, virt,
                          kcare_version, distro, distro_version, machine, processor, sticky_patchset, update_delay, update_result, feed)
                        VALUES (@server, '', '', '', '', '', 0, '', '', '', '', '', '', '', '', '', 0, '', 'main')
                        """,
                        ("@server", local)
                    );
                }
            );
        }

        var (cursor, told, last) = (0L, new HashSet<string>(), new HashSet<string>());
        CheckInPage page;
        do
        {
            page = store.Database.Read(session => CheckInExchange.Read(session, cursor, 3));
            page.Cursor.ShouldBeGreaterThan(cursor);
            cursor = page.Cursor;
            told.UnionWith(page.CheckIns.Where(one => one.Facts is not null).Select(one => one.Server));
            last.UnionWith(page.CheckIns.Select(one => one.Server));
        } while (page.HasMore);

        told.Count.ShouldBe(20);
        last.Count.ShouldBe(20);
        store.Database.Read(session => CheckInExchange.Read(session, cursor, 3)).CheckIns.ShouldBeEmpty();
    }
}
