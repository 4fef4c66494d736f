using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.Keys;

/// <summary><c>kc.eportal key</c>.</summary>
internal static partial class KeyCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var note = CliOptions.Value<string>("key description", "--note");
        var limit = CliOptions.Value<long?>("maximum number of servers allowed; 0 for no limit", "--server-limit");
        var feed = CliOptions.Value<string>("feed to associate key to", "--feed");
        var products = ProductsOption();
        var allProducts = CliOptions.Flag("allow all products (default of a new key)", "--default-products");
        feed.CompletionSources.Add(StoredNames.OfFeeds(context));
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var key = new CliNoun(
            "key",
            """
            list available keys by default

            examples:
              kc.eportal key add
              kc.eportal key add test --server-limit 100 --feed test
              kc.eportal key -c test --product kernel --product user
            """,
            namelessAdd: true
        );
        key.Verb(CliAction.List, "list keys", json);
        key.Verb(
            CliAction.Add,
            "add a key; the name is random by default",
            note,
            limit,
            feed,
            products,
            allProducts,
            json
        );
        key.Verb(CliAction.Change, "change a key", note, limit, feed, products, allProducts, json);
        key.Verb(CliAction.Delete, "delete a key with its servers", yes, dryRun, json);
        key.CompleteNames(StoredNames.Of(context, KeyStore.Names));
        key.Check(result =>
        {
            if (result.GetValue(allProducts) && result.IsGiven(products))
                result.AddError("use only one of --product and --default-products");
        });
        key.Run(
            (action, name, parsed) =>
            {
                var settings = new KeySettings(
                    parsed.GetValue(note),
                    parsed.GetValue(feed),
                    parsed.GetValue(limit),
                    parsed.GetValue(allProducts) ? Products.All
                        : parsed.GetValue(products) is { Length: > 0 } chosen ? [.. chosen.Select(Parse)]
                        : null
                );
                return action switch
                {
                    CliAction.Add => Add(context, name, settings, parsed.GetValue(json)),
                    CliAction.Change => Change(context, name, settings, parsed.GetValue(json)),
                    CliAction.Delete => Delete(
                        context,
                        name,
                        new CliDeletion(context, parsed.GetValue(yes), parsed.GetValue(dryRun), parsed.GetValue(json))
                    ),
                    _ => List(context, parsed.GetValue(json)),
                };
            }
        );
        return key;
    }

    private static Option<string[]> ProductsOption()
    {
        var names = string.Join(',', Products.All.Select(product => product.Token()));
        var option = new Option<string[]>("--product")
        {
            Description = "product that its servers get patches of; can be repeated",
            HelpName = $"{{{names}}}",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        option.CompletionSources.Add([.. Products.All.Select(product => product.Token())]);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !Products.TryParse(token.Value, out var _)))
                result.AddError($"invalid product '{token.Value}': use {names}");
        });
        return option;
    }

    private static Product Parse(string token) => Products.All.Single(product => product.Token() == token);

    private static async Task Add(CliContext context, string name, KeySettings settings, bool json)
    {
        await using var portal = context.OpenPortal();
        var key = await portal.Keys.Add(context.Operator(), name, settings);
        context.Result(
            json,
            KeyRow.From(key),
            KeyCommandsJson.Default.KeyRow,
            $"key {key.Name} was added on {key.Feed}"
        );
    }

    private static async Task Change(CliContext context, string name, KeySettings settings, bool json)
    {
        if (settings == new KeySettings())
            throw new CliUsageException(
                "nothing to change: specify --note, --server-limit, --feed, --product or --default-products"
            );
        await using var portal = context.OpenPortal();
        var key = await portal.Keys.Update(context.Operator(), name, settings);
        context.Result(json, KeyRow.From(key), KeyCommandsJson.Default.KeyRow, $"key {name} was changed");
    }

    private static async Task Delete(CliContext context, string name, CliDeletion deletion)
    {
        await using var portal = context.OpenPortal();
        var servers =
            portal.Servers.CountByKey().SingleOrDefault(count => count.Key == name)?.Count
            ?? throw new CliException($"key '{name}' not found");
        var deleted = await deletion.Run(
            $"Delete key {name} and its {Plural.Of(servers, "server")}?",
            unattended: servers == 0,
            (int)servers,
            () => portal.Servers.DeleteKey(context.Operator(), name)
        );
        context.Result(
            deletion.AsJson,
            new KeyDeletedRow(name, deleted, deletion.IsDry),
            KeyCommandsJson.Default.KeyDeletedRow,
            $"key {name} {deletion.Was} deleted with {Plural.Of(deleted, "server")}"
        );
    }

    private static async Task List(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var keys = portal.Keys.List();
        if (json)
        {
            context.Json([.. keys.Select(KeyRow.From)], KeyCommandsJson.Default.KeyRowArray);
            return;
        }

        var table = new CliTable("Key", "Feed", CliColumn.Number("Limit"), "Products", "Note")
        {
            Empty = "there are no keys; `kc.eportal key add` makes one",
        };
        foreach (var key in keys)
        {
            table.Add(
                key.Name,
                key.Feed,
                key.ServerLimit == 0 ? "none" : key.ServerLimit,
                AllowedProducts.ToText(key.Products),
                key.Note
            );
        }

        table.Write(context);
    }

    /// <summary>A deleted key and the number of servers deleted with it.</summary>
    internal sealed record KeyDeletedRow(string Key, int Servers, bool DryRun);

    [JsonSerializable(typeof(KeyRow[]))]
    [JsonSerializable(typeof(KeyDeletedRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class KeyCommandsJson : JsonSerializerContext;
}
