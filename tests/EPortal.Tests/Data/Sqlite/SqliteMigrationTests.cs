using Shouldly;
using Xunit;

namespace EPortal.Tests.Data.Sqlite;

/// <summary>Scripts of the schema are numbered; stores have run them, so no number changes or comes twice.</summary>
public sealed class SqliteMigrationTests
{
    /// <summary>Never given to a script that was released.</summary>
    private static readonly int[] s_gaps = [7, 13, 14, 16];

    [Fact]
    public void Every_number_is_there_once_but_for_the_known_gaps()
    {
        var numbers = MigrationScripts.All.Select(script => script.Number).ToList();

        numbers.ShouldBe(Enumerable.Range(1, numbers[^1]).Except(s_gaps));
    }
}
