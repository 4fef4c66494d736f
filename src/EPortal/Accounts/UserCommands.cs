using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.Accounts;

/// <summary><c>kc.eportal user</c>: local accounts.</summary>
internal static partial class UserCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var actions = new CliActions("user");
        var password = CliOptions.Value<string>("password; - reads it from standard input or asks for it; a new user without the option is asked too", "-p", "--password");
        var role = CliOptions.Choice("admin may change things, readonly may look", ["admin", "readonly"], "-r", "--role");
        var note = CliOptions.Value<string>("description", "--note");
        var json = CliOptions.Json();
        var command = new Command("user", """
            list available users by default

            examples:
              kc.eportal user -a admin
              echo "$PASSWORD" | kc.eportal user -c -p - admin
              kc.eportal user -c -r readonly admin
            """);
        actions.AddTo(command);
        command.Options.Add(password);
        command.Options.Add(role);
        command.Options.Add(note);
        command.Options.Add(json);
        command.SetAction(async (parsed, _) =>
        {
            var name = actions.NameOf(parsed);
            bool? admin = parsed.GetValue(role) is { } r ? r == "admin" : null;
            var settings = new UserSettings(null, admin, parsed.GetValue(note));
            var asJson = parsed.GetValue(json);
            switch (actions.Of(parsed))
            {
                case CliAction.Add:
                    await Add(context, name, settings, parsed.GetValue(password), asJson);
                    break;
                case CliAction.Change:
                    await Change(context, name, settings, parsed.GetValue(password), asJson);
                    break;
                case CliAction.Delete:
                    await Delete(context, name, asJson);
                    break;
                default:
                    await List(context, asJson);
                    break;
            }
        });
        return command;
    }

    /// <summary>Makes a user; the password comes from the option, standard input or a prompt.</summary>
    public static async Task Add(CliContext context, string name, UserSettings settings, string? password, bool json)
    {
        var secret = await context.PasswordAsync(password);
        await using var portal = context.OpenPortal();
        var user = await portal.Users.Add(context.Operator(), name, settings with { Password = secret });
        context.Result(json, UserRow.From(user), UserCommandsJson.Default.UserRow, $"user {user.Name} was added as {user.Role}");
    }

    private static async Task Change(CliContext context, string name, UserSettings settings, string? password, bool json)
    {
        var secret = password is null ? null : await context.PasswordAsync(password);
        if (secret is null && settings == new UserSettings())
            throw new CliException("nothing to change was given: -p, -r or --note.");
        await using var portal = context.OpenPortal();
        var user = await portal.Users.Update(context.Operator(), name, settings with { Password = secret });
        context.Result(json, UserRow.From(user), UserCommandsJson.Default.UserRow, $"user {name} was changed");
    }

    private static async Task Delete(CliContext context, string name, bool json)
    {
        await using var portal = context.OpenPortal();
        var user = await portal.Users.Delete(context.Operator(), name);
        context.Result(json, UserRow.From(user), UserCommandsJson.Default.UserRow, $"user {name} was deleted");
    }

    private static async Task List(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var users = portal.Users.List();
        if (json)
        {
            context.Json([.. users.Select(UserRow.From)], UserCommandsJson.Default.UserRowArray);
            return;
        }

        var table = new CliTable("User", "Role", "Description");
        foreach (var user in users)
            table.Add(user.Name, user.Role, user.Description);
        table.Write(context);
    }

    /// <summary>A user for programs.</summary>
    internal sealed record UserRow(string Username, string Description, bool Readonly)
    {
        public static UserRow From(User user) => new(user.Name, user.Description, !user.IsAdmin);
    }

    [JsonSerializable(typeof(UserRow[]))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class UserCommandsJson : JsonSerializerContext;
}
