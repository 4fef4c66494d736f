using System.CommandLine.Completions;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Hosting;

/// <summary>
/// Names from the store that a shell completes. Nothing is made or migrated for that, and what is in the way gives no
/// names.
/// </summary>
internal static class StoredNames
{
    /// <summary>More would not help anybody.</summary>
    private const int Most = 1000;

    /// <summary>Names that a query finds.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Of(
        CliContext context,
        Func<Session, IEnumerable<string>> names
    ) => _ => Read(context, names).Select(name => new CompletionItem(name));

    /// <summary>Names of the feeds.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> OfFeeds(CliContext context) =>
        Of(context, session => FeedStore.List(session).Select(feed => feed.Name));

    private static IReadOnlyList<string> Read(CliContext context, Func<Session, IEnumerable<string>> names)
    {
        try
        {
            if (!Database.IsIn(context.Settings.DataDir))
                return [];
            using var database = Database.OpenAsItIs(DataFolder.Enter(context.Settings).Root);
            return database.Read<IReadOnlyList<string>>(session => [.. names(session).Take(Most)]);
        }
        catch (Exception e)
            when (e is StoreException or StartException or CliException or IOException or UnauthorizedAccessException)
        {
            // The line that is being typed is no place for an error; the command itself will tell it.
            return [];
        }
    }
}
