using EPortal.Servers.CheckIns;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.CheckIns;

/// <summary>Deleted hosts are gone at once, marked or swept; the others stay.</summary>
public sealed class CachedServerTableTests
{
    /// <summary>More than are left marked before they are swept.</summary>
    private const int Deleted = 2500;

    private const int Hosts = 3000;

    [Fact]
    public void Each_that_is_removed_is_gone_at_once_and_no_other()
    {
        var table = new CachedServerTable();
        for (var n = 0; n < Hosts; n++)
            table.Add(
                Id(n),
                new CachedServer
                {
                    Local = n,
                    Origin = 1,
                    Sequence = n,
                }
            );

        for (var n = 0; n < Deleted; n++)
        {
            table.Remove([((ushort)1, n)]);
            table.TryFind(Id(n), out _).ShouldBeFalse();
            table
                .Update(Id(n), 0, static (ref CachedServer _, int _) => true)
                .ShouldBeFalse("its check-in would be acknowledged");
            table.TryFind(Id(n + 1), out var next).ShouldBeTrue();
            next.Local.ShouldBe(n + 1);
        }

        Enumerable.Range(0, Hosts).Count(n => table.TryFind(Id(n), out _)).ShouldBe(Hosts - Deleted);
    }

    [Fact]
    public void A_host_of_another_origin_with_the_same_number_stays()
    {
        var table = new CachedServerTable();
        table.Add(Id(1), new CachedServer { Origin = 1, Sequence = 7 });
        table.Add(Id(2), new CachedServer { Origin = 2, Sequence = 7 });

        table.Remove([((ushort)1, 7L)]);

        (table.TryFind(Id(1), out _), table.TryFind(Id(2), out _)).ShouldBe((false, true));
    }

    private static PackedServerId Id(int n) => new(1, (ulong)n);
}
