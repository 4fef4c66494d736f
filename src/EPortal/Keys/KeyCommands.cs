using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.Keys;

/// <summary><c>kc.eportal key</c>.</summary>
internal static partial class KeyCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var actions = new CliActions("key", namelessAdd: true);
        var note = CliOptions.Value<string>("key description", "--note");
        var limit = CliOptions.Value<long?>("maximum number of servers allowed; 0 for no limit", "--server-limit");
        var feed = CliOptions.Value<string>("feed to associate key to", "--feed");
        var products = ProductsOption();
        var allProducts = CliOptions.Flag("allow all products, as a new key does", "--default-products");
        var yes = CliOptions.Yes();
        var json = CliOptions.Json();
        var command = new Command("key", """
            list available keys by default

            examples:
              kc.eportal key -a
              kc.eportal key -a test --server-limit 100 --feed test
              kc.eportal key -c test --product kernel --product user
            """);
        actions.AddTo(command);
        foreach (var option in new Option[] { note, limit, feed, products, allProducts, yes, json })
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(allProducts) && result.GetValue(products) is { Length: > 0 })
                result.AddError("only one of --product and --default-products can be given.");
        });
        command.SetAction((parsed, _) =>
        {
            var name = actions.NameOf(parsed);
            var settings = new KeySettings(
                parsed.GetValue(note),
                parsed.GetValue(feed),
                parsed.GetValue(limit),
                parsed.GetValue(allProducts) ? Products.All
                    : parsed.GetValue(products) is { Length: > 0 } chosen ? [.. chosen.Select(Parse)] : null);
            return actions.Of(parsed) switch
            {
                CliAction.Add => Add(context, name, settings, parsed.GetValue(json)),
                CliAction.Change => Change(context, name, settings, parsed.GetValue(json)),
                CliAction.Delete => Delete(context, name, parsed.GetValue(yes), parsed.GetValue(json)),
                _ => List(context, parsed.GetValue(json)),
            };
        });
        return command;
    }

    private static Option<string[]> ProductsOption()
    {
        var names = string.Join(',', Products.All.Select(product => product.Token()));
        var option = new Option<string[]>("--product")
        {
            Description = "product its servers may have patches of; can be repeated",
            HelpName = $"{{{names}}}",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !Products.TryParse(token.Value, out var _)))
                result.AddError($"'{token.Value}' is not a product; products are {names}.");
        });
        return option;
    }

    private static Product Parse(string token) => Products.All.Single(product => product.Token() == token);

    private static async Task Add(CliContext context, string name, KeySettings settings, bool json)
    {
        await using var portal = context.OpenPortal();
        var key = await portal.Keys.Add(context.Operator(), name, settings);
        context.Result(json, KeyRow.From(key), KeyCommandsJson.Default.KeyRow, $"key {key.Name} was added on {key.Feed}");
    }

    private static async Task Change(CliContext context, string name, KeySettings settings, bool json)
    {
        if (settings == new KeySettings())
            throw new CliException("nothing to change was given: --note, --server-limit, --feed, --product or --default-products.");
        await using var portal = context.OpenPortal();
        var key = await portal.Keys.Update(context.Operator(), name, settings);
        context.Result(json, KeyRow.From(key), KeyCommandsJson.Default.KeyRow, $"key {name} was changed");
    }

    private static async Task Delete(CliContext context, string name, bool yes, bool json)
    {
        await using var portal = context.OpenPortal();
        var servers = portal.Servers.CountByKey().SingleOrDefault(count => count.Key == name)?.Count
            ?? throw new CliException($"There is no key '{name}'.");
        await context.ConfirmAsync($"Delete key {name} and its {servers} servers?", yes || servers == 0);
        var deleted = await portal.Servers.DeleteKey(context.Operator(), name);
        context.Result(
            json, new KeyDeletedRow(name, deleted), KeyCommandsJson.Default.KeyDeletedRow, $"key {name} was deleted with {deleted} servers");
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

        var table = new CliTable("Key", "Feed", CliColumn.Number("Limit"), "Products", "Note");
        foreach (var key in keys)
        {
            table.Add(
                key.Name,
                key.Feed,
                key.ServerLimit == 0 ? "none" : key.ServerLimit,
                string.Join(' ', key.Products.Select(product => product.Token())),
                key.Note);
        }

        table.Write(context);
    }

    /// <summary>A key for programs.</summary>
    internal sealed record KeyRow(string Key, string Feed, string Note, long ServerLimit, string[] Products)
    {
        public static KeyRow From(Key key) =>
            new(key.Name, key.Feed, key.Note, key.ServerLimit, [.. key.Products.Select(product => product.Token())]);
    }

    /// <summary>A deleted key, with how many servers went with it.</summary>
    internal sealed record KeyDeletedRow(string Key, int Servers);

    [JsonSerializable(typeof(KeyRow[]))]
    [JsonSerializable(typeof(KeyDeletedRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class KeyCommandsJson : JsonSerializerContext;
}
