using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;

namespace EPortal.Accounts;

/// <summary><c>kc.eportal user</c>: local accounts.</summary>
internal static partial class UserCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var password = CliOptions.Value<string>(
            "password; - reads it from standard input or prompts for it, as for a new user without this option",
            "-p",
            "--password"
        );
        var role = CliOptions.Choice(
            "admin can change things, readonly can only view",
            ["admin", "readonly"],
            "-r",
            "--role"
        );
        var note = CliOptions.Value<string>("description", "--note");
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var user = new CliNoun(
            "user",
            """
            list available users by default

            examples:
              kc.eportal user add admin
              echo "$PASSWORD" | kc.eportal user set -p - admin
              kc.eportal user -c -r readonly admin
            """
        );
        user.Verb(CliAction.List, "list users", json);
        user.Verb(CliAction.Add, "add a user", password, role, note, json);
        user.Verb(CliAction.Change, "change a user", password, role, note, yes, json);
        user.Verb(CliAction.Delete, "delete a user with its API keys", yes, dryRun, json);
        user.CompleteNames(StoredNames.Of(context, UserStore.Names));
        user.Run(
            (action, name, parsed) =>
            {
                bool? admin = parsed.GetValue(role) is { } r ? r == "admin" : null;
                var settings = new UserSettings(null, admin, parsed.GetValue(note));
                var output = new CliDeletion(
                    context,
                    parsed.GetValue(yes),
                    parsed.GetValue(dryRun),
                    parsed.GetValue(json)
                );
                return action switch
                {
                    CliAction.Add => Add(context, name, settings, parsed.GetValue(password), output.AsJson),
                    CliAction.Change => Change(context, name, settings, parsed.GetValue(password), output),
                    CliAction.Delete => Delete(context, name, output),
                    _ => List(context, output.AsJson),
                };
            }
        );
        return user;
    }

    /// <summary>Makes a user; the password comes from the option, standard input or a prompt.</summary>
    public static async Task Add(CliContext context, string name, UserSettings settings, string? password, bool json)
    {
        var secret = await context.PasswordAsync(password);
        await using var portal = context.OpenPortal();
        var user = await portal.Users.Add(context.Operator(), name, settings with { Password = secret });
        context.Result(
            json,
            UserRow.ByName(user),
            UserCommandsJson.Default.UserRow,
            $"user {user.Name} was added as {user.Role}"
        );
    }

    private static async Task Change(
        CliContext context,
        string name,
        UserSettings settings,
        string? password,
        CliDeletion output
    )
    {
        var secret = password is null ? null : await context.PasswordAsync(password);
        if (secret is null && settings == new UserSettings())
            throw new CliUsageException("nothing to change: specify -p, -r or --note");
        await using var portal = context.OpenPortal();
        var ends = settings.IsAdmin is false && portal.Users.IsLastAdmin(name);
        if (ends)
            await context.ConfirmAsync($"{name} is the last admin. Make it read-only?", output.Yes, unattended: true);
        var user = await portal.Users.Update(context.Operator(), name, settings with { Password = secret });
        context.Result(
            output.AsJson,
            UserRow.ByName(user),
            UserCommandsJson.Default.UserRow,
            $"user {name} was changed"
        );
        WarnOfNoAdmin(context, ends);
    }

    private static async Task Delete(CliContext context, string name, CliDeletion deletion)
    {
        await using var portal = context.OpenPortal();
        var user =
            portal.Users.FindOrNull(name) ?? throw new RefusedException(Refusal.NotFound, $"user '{name}' not found");
        var ends = portal.Users.IsLastAdmin(name);
        var row = UserRow.ByName(user);
        if (deletion.IsDry)
        {
            deletion.Result(
                row,
                UserCommandsJson.Default.UserRow,
                $"user {name} would be deleted{(ends ? ", the last admin" : "")}"
            );
            return;
        }

        await context.ConfirmAsync(
            ends ? $"{name} is the last admin. Delete it?" : $"Delete user {name} with its API keys?",
            deletion.Yes,
            unattended: true
        );
        await portal.Users.Delete(context.Operator(), name);
        deletion.Result(row, UserCommandsJson.Default.UserRow, $"user {name} was deleted");
        WarnOfNoAdmin(context, ends);
    }

    private static void WarnOfNoAdmin(CliContext context, bool isSo)
    {
        if (isSo)
            context.Note($"warning: {UserStore.NoAdmin}");
    }

    private static async Task List(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var users = portal.Users.List();
        if (json)
        {
            context.Json([.. users.Select(UserRow.ByName)], UserCommandsJson.Default.UserRowArray);
            return;
        }

        var table = new CliTable("User", "Role", "Description")
        {
            Empty = "no users; create one with `kc.eportal user add NAME`",
        };
        foreach (var user in users)
            table.Add(user.Name, user.Role, user.Description);
        table.Write(context);
    }

    [JsonSerializable(typeof(UserRow[]))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class UserCommandsJson : JsonSerializerContext;
}
