using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal repository build</c>: a repository for any web server, without a portal.</summary>
internal static partial class RepositoryCommand
{
    private const int DefaultDays = 30;

    /// <summary>The command.</summary>
    public static Command Create(CliContext context) =>
        new("repository", "create repositories that portals fetch patchsets from") { Build(context) };

    private static Command Build(CliContext context)
    {
        var folder = CliOptions.Required("folder", "repository folder; created if missing");
        var archives = new Argument<string[]>("archive")
        {
            Description = "archives to add",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var key = ArchiveKeys.SecretOption();
        var days = CliOptions.Value<int?>(
            $"days until the index expires, 1 to 3650 ({DefaultDays} by default)",
            "--expires"
        );
        days.Between(1, 3650);
        var withdraw = Names("mark this patchset as withdrawn", "--withdraw");
        var block = Names("mark this patchset as harmful, so that portals disable it", "--block");
        var restore = Names("serve this patchset again", "--restore");
        var json = CliOptions.Json();
        var command = new Command(
            "build",
            """
            add archives to a repository and publish its next index

            Run it again before the index expires, without archives if there is nothing new.

            example:
              kc.eportal repository build --key vendor.key /srv/www/patches K20260501_01.tar.bz2
            """
        )
        {
            folder,
            archives,
            key,
            days,
            withdraw,
            block,
            restore,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var secret = await ArchiveKeys.ReadSecretAsync(context, parsed.GetValue(key));
                var changes = new (RepositoryState State, string[] Names)[]
                {
                    (RepositoryState.Withdrawn, parsed.GetValue(withdraw) ?? []),
                    (RepositoryState.Blocked, parsed.GetValue(block) ?? []),
                    (RepositoryState.Available, parsed.GetValue(restore) ?? []),
                };
                var root = Directory.CreateDirectory(parsed.GetValue(folder)!).FullName;
                var tree = new RepositoryTree(root, secret, PatchsetLimits.Default, context.Time);
                var index = await Run(
                    tree,
                    parsed.GetValue(archives) ?? [],
                    changes,
                    TimeSpan.FromDays(parsed.GetValue(days) ?? DefaultDays),
                    cancel
                );
                if (secret is null)
                    context.Note("warning: the repository is not signed, portals that pin keys refuse it: use --key");
                context.Result(
                    parsed.GetValue(json),
                    new IndexRow(index.Version, index.Expires, index.Patchsets.Count),
                    RepositoryJson.Default.IndexRow,
                    $"index {index.Version} lists {Plural.Of(index.Patchsets.Count, "patchset")} and expires {index.Expires:yyyy-MM-dd}"
                );
            }
        );
        return command;
    }

    private static async Task<RepositoryIndex> Run(
        RepositoryTree tree,
        string[] archives,
        (RepositoryState State, string[] Names)[] changes,
        TimeSpan validity,
        CancellationToken cancel
    )
    {
        var entries = (tree.IndexOrNull()?.Patchsets ?? []).ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        foreach (var archive in archives)
        {
            var entry = await tree.Add(archive, entries, cancel);
            entries[entry.Name] = entry with
            {
                State = entries.GetValueOrDefault(entry.Name)?.State ?? RepositoryState.Available,
            };
        }

        foreach (var (state, names) in changes)
        {
            foreach (var name in names)
            {
                entries[name] = entries.TryGetValue(name, out var entry)
                    ? entry with
                    {
                        State = state,
                    }
                    : throw new CliException($"patchset '{name}' not found in the repository");
            }
        }

        return tree.Publish(entries.Values, validity);
    }

    private static Option<string[]?> Names(string description, string name)
    {
        var option = new Option<string[]?>(name)
        {
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            HelpName = "NAME",
        };
        return option;
    }

    /// <summary>A published index, for programs.</summary>
    internal sealed record IndexRow(long Version, DateTimeOffset Expires, int Patchsets);

    [JsonSerializable(typeof(IndexRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class RepositoryJson : JsonSerializerContext;
}
