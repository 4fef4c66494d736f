using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;

namespace EPortal.Accounts;

/// <summary><c>kc.eportal api-key</c>: keys by which programs call the API.</summary>
internal static partial class ApiKeyCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context) =>
        new("api-key", "manage API keys") { List(context), Add(context), Delete(context) };

    private static Command List(CliContext context)
    {
        var user = CliOptions.Value<string>("only keys of this user", "--user");
        user.CompletionSources.Add(StoredNames.Of(context, UserStore.Names));
        var json = CliOptions.Json();
        var command = new Command("list", "list API keys") { user, json };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var keys = portal.ApiKeys.List(parsed.GetValue(user));
                if (parsed.GetValue(json))
                {
                    context.Json([.. keys.Select(ApiKeyRow.From)], ApiKeyCommandsJson.Default.ApiKeyRowArray);
                    return;
                }

                var table = new CliTable("Id", "User", "Name", "Created", "Expires", "Last used")
                {
                    Empty = "no API keys; create one with `kc.eportal api-key add USER NAME`",
                };
                foreach (var key in keys)
                    table.Add(
                        key.KeyId,
                        key.Account,
                        key.Name,
                        Day(key.Created),
                        key.Expires is { } end ? Day(end) : "never",
                        key.LastUsed is { } used ? Day(used) : "never"
                    );
                table.Write(context);
            }
        );
        return command;
    }

    private static Command Add(CliContext context)
    {
        var user = CliOptions.Required("user", "user that the key logs in as");
        user.CompletionSources.Add(StoredNames.Of(context, UserStore.Names));
        var name = CliOptions.Required("name", "what the key is for");
        var days = CliOptions.Value<int?>(
            $"days until it expires, 1 to {ApiKeyEndpoints.MaxDays}; never by default",
            "--days"
        );
        var json = CliOptions.Json();
        days.Between(1, ApiKeyEndpoints.MaxDays);
        var command = new Command(
            "add",
            """
            create an API key and print it once

            example:
              kc.eportal api-key add api-user backup --days 90
            """
        )
        {
            user,
            name,
            days,
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                DateTimeOffset? end = parsed.GetValue(days) is { } some ? context.Time.GetUtcNow().AddDays(some) : null;
                var (key, text) = await portal.ApiKeys.Make(
                    context.Operator(),
                    parsed.GetValue(user)!,
                    parsed.GetValue(name)!,
                    end
                );
                context.Result(
                    parsed.GetValue(json),
                    new NewApiKeyRow(key.KeyId, key.Name, key.Expires, text),
                    ApiKeyCommandsJson.Default.NewApiKeyRow,
                    text
                );
            }
        );
        return command;
    }

    private static Command Delete(CliContext context)
    {
        var id = CliOptions.Required("id", "id of the key, as `api-key list` shows it");
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var command = new Command("delete", "revoke an API key") { id, yes, dryRun, json };
        command.SetAction(
            async (parsed, _) =>
            {
                var deletion = new CliDeletion(
                    context,
                    parsed.GetValue(yes),
                    parsed.GetValue(dryRun),
                    parsed.GetValue(json)
                );
                await using var portal = context.OpenPortal();
                var key =
                    portal.ApiKeys.List(null).FirstOrDefault(key => key.KeyId == parsed.GetValue(id))
                    ?? throw new RefusedException(Refusal.NotFound, $"API key '{parsed.GetValue(id)}' not found");
                await deletion.Run(
                    $"Revoke API key {key.Name} of {key.Account}?",
                    unattended: true,
                    expected: true,
                    () => portal.ApiKeys.Revoke(context.Operator(), key.KeyId, null)
                );
                context.Result(
                    deletion.AsJson,
                    ApiKeyRow.From(key),
                    ApiKeyCommandsJson.Default.ApiKeyRow,
                    $"API key {key.Name} of {key.Account} {deletion.Was} revoked"
                );
            }
        );
        return command;
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [JsonSerializable(typeof(ApiKeyRow[]))]
    [JsonSerializable(typeof(NewApiKeyRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class ApiKeyCommandsJson : JsonSerializerContext;
}
