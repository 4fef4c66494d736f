namespace EPortal.Tests;

/// <summary>
/// Which room may use which, and who may know what from outside; the map in docs/ARCHITECTURE.md as data.
/// </summary>
/// <param name="root">Namespace that the rooms lie in.</param>
internal sealed class ArchitectureRules(string root)
{
    private const string Anything = "*";

    /// <summary>
    /// Stands for the types of every feature that answer calls: <c>ThingEndpoint</c> and <c>ThingEndpoints</c>.
    /// </summary>
    private const string Endpoints = "endpoints";

    /// <summary>Stands for the types that put a feature together: <c>ThingFeature</c>.</summary>
    private const string Composition = "feature";

    /// <summary>
    /// Stands for the types of every feature that make pages: <c>ThingPages</c>, and what is written in Razor.
    /// </summary>
    private const string Pages = "pages";

    private const string Component = "Microsoft.AspNetCore.Components.ComponentBase";

    /// <summary>Rooms and the rooms they may use.</summary>
    private static readonly Dictionary<string, string[]> Rooms = new(StringComparer.Ordinal)
    {
        ["Format"] = [],
        ["AgentClient"] = ["Format"],
        ["Kcarectl"] = ["AgentClient", "Format"],
        ["Data"] = ["Blobs", "Format"],
        ["Blobs"] = ["Format"],
        ["Api"] = ["AgentClient", "Data", "Format"],
        ["Patchsets"] = ["Data", "Blobs", "Format"],
        ["Backup"] = ["Patchsets", "Data", "Blobs", "Format"],
        ["Feeds"] = ["Api", "Patchsets", "Data", "Blobs", "Format"],
        ["Keys"] = ["Api", "Feeds", "Patchsets", "Data", "Blobs", "Format"],
        ["Servers"] = ["Api", "Keys", "Feeds", "Patchsets", "Data", "Blobs", "Format"],
        ["Agents"] = ["Api", "Servers", "Keys", "Feeds", "Patchsets", "Data", "Blobs", "Format", "AgentClient"],
        ["PatchSource"] = ["Api", "Agents", "Servers", "Keys", "Feeds", "Patchsets", "Data", "Blobs", "Format"],
        ["Replication"] =
        [
            "Api",
            "PatchSource",
            "Agents",
            "Servers",
            "Keys",
            "Feeds",
            "Patchsets",
            "Data",
            "Blobs",
            "Format",
        ],
        ["Operations"] =
        [
            "Api",
            "Accounts",
            "Replication",
            "PatchSource",
            "Agents",
            "Servers",
            "Keys",
            "Feeds",
            "Patchsets",
            "Data",
            "Blobs",
            "Format",
        ],
        ["WebConsole"] = ["Api", "Data", "Format"],
        ["Accounts"] = ["Api", "WebConsole", "Data", "Format"],
        ["Cli"] = ["Data", "Format"],
        ["Hosting"] = [Anything],
        ["Demo"] = [Anything],
    };

    private static readonly string[] Features =
    [
        "Backup",
        "Patchsets",
        "Feeds",
        "Keys",
        "Servers",
        "Agents",
        "PatchSource",
        "Replication",
        "Operations",
        "Accounts",
    ];

    /// <summary>Things from outside and the only rooms that may know them; the longest beginning counts.</summary>
    private static readonly (string Thing, string[] Rooms)[] Outside =
    [
        ("Microsoft.Data.Sqlite", ["Data.Sqlite"]),
        ("SQLitePCL", ["Data.Sqlite"]),
        ("DbUp", ["Data.Sqlite"]),
        ("Dapper", ["Data", .. Features]),
        (
            "Microsoft.AspNetCore",
            [
                Endpoints,
                Pages,
                Composition,
                "Api",
                "WebConsole",
                "Agents",
                "Patchsets",
                "PatchSource",
                "Accounts",
                "Operations",
                "Hosting",
                "Demo",
            ]
        ),
        ("Microsoft.AspNetCore.Hosting", ["Hosting"]),
        ("Microsoft.AspNetCore.Server", ["Hosting"]),
        ("Microsoft.AspNetCore.Builder.WebApplication", ["Hosting", "Demo"]),
        ("Microsoft.Extensions.Hosting", ["Accounts", "PatchSource", "Replication", "Operations", "Hosting", "Demo"]),
        ("Polly", ["PatchSource"]),
        ("Prometheus", ["Operations"]),
        ("Org.BouncyCastle", ["Accounts", "Agents.Packages", "Format", "AgentClient", "Kcarectl"]),
        ("SharpCompress", ["Agents.Packages"]),
        ("Superpower", ["Hosting", "Accounts"]),
        ("ICU4N", ["Accounts"]),
        ("Spectre.Console", ["Cli"]),
        (
            "System.Net.Http",
            ["AgentClient", "Kcarectl", "Demo", "Agents", "Accounts", "PatchSource", "Replication", "Operations"]
        ),
        ("System.Net.Sockets", ["Accounts", "AgentClient", "Kcarectl", "Agents", "PatchSource", "Hosting"]),
        // For pauses that many hosts must not make at the same moment; never for ids or secrets.
        ("System.Random", ["Demo", "AgentClient", "Kcarectl", "Replication"]),
        ("System.Console", ["Cli", "Kcarectl"]),
        ("System.DateTime::get_UtcNow", []),
        ("System.DateTime::get_Now", []),
        ("System.DateTimeOffset::get_UtcNow", ["Demo", "Kcarectl"]),
        ("System.DateTimeOffset::get_Now", []),
        ("System.Threading.Thread::Sleep", []),
        ("System.Diagnostics.Process", ["Operations.Mail"]),
        ("System.Runtime.Serialization.Formatters", []),
        ("System.Reflection.Assembly::Load", []),
    ];

    /// <summary>Uses that break a rule.</summary>
    public IEnumerable<TypeUse> Broken(IReadOnlyList<TypeUse> uses)
    {
        // A command of a feature speaks to people and may ask any feature, through the portal that Hosting opens for
        // it.
        var commands = uses.Where(use => use.Of == $"{root}.Cli.CliContext")
            .Select(use => use.From)
            .ToHashSet(StringComparer.Ordinal);
        // So does a page, which shows together what belongs together; what it shows is its model.
        var components = uses.Where(use => use.Of == Component)
            .Select(use => use.From)
            .ToHashSet(StringComparer.Ordinal);
        bool IsPage(string type) => type.EndsWith("Pages", StringComparison.Ordinal) || components.Contains(type);
        return uses.Where(use =>
            RoomOf(use.From) is { } from && !May(from, use, commands.Contains(use.From), IsPage(use.From))
        );
    }

    /// <summary>Rooms of which the rules know nothing.</summary>
    public IEnumerable<string> Unknown(IReadOnlyList<TypeUse> uses) =>
        uses.Select(use => RoomOf(use.From))
            .OfType<string>()
            .Select(room => room.Split('.')[0])
            .Distinct()
            .Except(Rooms.Keys);

    private bool May(string from, TypeUse use, bool isCommand, bool isPage)
    {
        var of = use.Of;
        if (RoomOf(of.Split("::")[0]) is { } to)
            return MayUseRoom(
                    from.Split('.')[0],
                    to.Split('.')[0],
                    isCommand,
                    isPage || use.From.EndsWith("Model", StringComparison.Ordinal)
                )
                && (
                    !to.StartsWith("Data.", StringComparison.Ordinal)
                    || from.StartsWith("Data", StringComparison.Ordinal)
                );
        var rule = Outside
            .Where(outside => IsWithin(of, outside.Thing))
            .OrderBy(outside => outside.Thing.Length)
            .LastOrDefault();
        return rule.Thing is null
            || rule.Rooms.Any(room =>
                (room == Pages && isPage)
                || (
                    room == Endpoints
                    && (
                        use.From.EndsWith("Endpoint", StringComparison.Ordinal)
                        || use.From.EndsWith(Endpoints, StringComparison.OrdinalIgnoreCase)
                    )
                )
                || (room == Composition && use.From.EndsWith("Feature", StringComparison.Ordinal))
                || from == room
                || from.StartsWith(room + ".", StringComparison.Ordinal)
            );
    }

    private static bool MayUseRoom(string from, string to, bool isCommand, bool isPage) =>
        from == to
        || (
            Rooms.TryGetValue(from, out var allowed)
            && (allowed.Contains(Anything) ? to != "Demo" || from == "Hosting" : allowed.Contains(to))
        )
        || (
            Features.Contains(from)
            && (
                to == "Cli"
                || (isCommand && (to == "Hosting" || Features.Contains(to)))
                || (isPage && (to == "WebConsole" || Features.Contains(to)))
            )
        );

    private static bool IsWithin(string name, string thing) =>
        name.StartsWith(thing, StringComparison.Ordinal)
        && (name.Length == thing.Length || name[thing.Length] is '.' or ':' or '`');

    /// <summary>
    /// The folder a type lies in, such as <c>Data.Sqlite</c>; null for what is outside the root or right in it.
    /// </summary>
    private string? RoomOf(string type)
    {
        if (!type.StartsWith(root + ".", StringComparison.Ordinal))
            return null;
        var inner = type[(root.Length + 1)..];
        var end = inner.LastIndexOf('.');
        return end < 0 ? null : inner[..end];
    }
}
