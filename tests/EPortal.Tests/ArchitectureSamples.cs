// Small rooms that break each rule once, so that the rules are seen to notice.
// Analyzers are right about this code; that is its purpose.
#pragma warning disable CA1303, CA5394, CA1822

using Dapper;

namespace EPortal.Tests.Samples.Cli
{
    internal sealed class CliContext;

    internal static class NosyHost
    {
        public static object Look() => new Keys.GoodKey();
    }
}

namespace EPortal.Tests.Samples.Hosting
{
    internal sealed class Portal;
}

namespace EPortal.Tests.Samples.Data
{
    internal sealed class WrongRoomForSqlite
    {
        public static async Task<object> Open()
        {
            await Task.Yield();
            return new Microsoft.Data.Sqlite.SqliteConnection();
        }
    }

    internal sealed class UsesAFeature
    {
        private readonly List<Keys.GoodKey[]> _keys = [];

        public int Count => _keys.Count;
    }
}

namespace EPortal.Tests.Samples.Data.Sqlite
{
    internal sealed class RightRoomForSqlite
    {
        public static object Open() => new Microsoft.Data.Sqlite.SqliteConnection();
    }
}

namespace EPortal.Tests.Samples.Keys
{
    internal sealed class GoodKey
    {
        public static object Feed() => new Feeds.GoodFeed();
    }

    internal sealed class LooksAhead
    {
        public static IEnumerable<object> Servers()
        {
            yield return typeof(Servers.GuessesIds);
        }
    }

    internal sealed class GoodCommands(Cli.CliContext context)
    {
        public object Open() => context ?? (object)new Hosting.Portal();
    }

    internal sealed class KnowsHosting
    {
        public static object Open() => new Hosting.Portal();
    }
}

namespace EPortal.Tests.Samples.Feeds
{
    internal sealed class GoodFeed;

    internal static class GoodFeature
    {
        public static void Map(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder routes) => _ = routes.DataSources;
    }

    internal sealed class KnowsTheWeb
    {
        public static object Run(Microsoft.AspNetCore.Http.HttpContext context) => context;
    }
}

namespace EPortal.Tests.Samples.Servers
{
    internal sealed class GuessesIds
    {
        public static Func<int> Make() => () => Random.Shared.Next();
    }

    internal sealed class ReadsTheClock
    {
        public static Func<DateTimeOffset> Make() => () => DateTimeOffset.UtcNow;
    }
}

namespace EPortal.Tests.Samples.Agents
{
    internal sealed class KnowsHostingOfTheWeb
    {
        public static void Run(Microsoft.AspNetCore.Builder.WebApplication app) => app.Run();
    }
}

namespace EPortal.Tests.Samples.Accounts
{
    internal sealed class KnowsAFeature
    {
        public static object Open() => new Feeds.GoodFeed();
    }
}

namespace EPortal.Tests.Samples.Cli.Output
{
    internal sealed class AsksTheDatabase
    {
        public static object Ask(System.Data.Common.DbConnection connection) => connection.Query("SELECT 1");
    }
}

namespace EPortal.Tests.Samples.Annex
{
    internal sealed class NobodyKnowsThisRoom
    {
        public static object Feed() => new object();
    }
}
