using EPortal.Accounts.Sessions;
using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EPortal.Accounts;

/// <summary>The console's pages of accounts.</summary>
internal static class UserPages
{
    private const string ListPath = "/users";
    private const string NewPath = "/new-user";
    private const int PageSize = 50;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(ListPath, List);
        // The address that the manual of old names.
        routes.MapPage("/user", () => TypedResults.Redirect(ConsoleRoutes.Base + ListPath));
        routes.MapPage(NewPath, (UserStore users) => Form(users, new UserForm(), FormVersion.None, UserUse.None, null));
        routes.MapAction(NewPath, Add).ResumesForm();
        routes.MapPage(
            ListPath + "/{name}",
            (string name, UserStore users, SessionStore sessions, ApiKeyStore keys) =>
                Form(users, Get(users, name), UserUse.Of(sessions, keys, name), null)
        );
        routes.MapAction(ListPath + "/{name}", Change).ResumesForm();
        routes.MapAction(ListPath + "/{name}/delete", Delete);
    }

    /// <summary>Address of a user's page.</summary>
    public static string PathOf(string user) => $"{ListPath}/{Uri.EscapeDataString(user)}";

    private static RazorComponentResult<PageHost<UsersPage, UsersModel>> List(
        ApiParameters parameters,
        UserStore users,
        SessionStore sessions,
        ApiKeyStore keys
    )
    {
        var search = parameters.Text("search");
        var found = users
            .List()
            .Where(user =>
                search is null
                || user.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
                || user.Description.Contains(search, StringComparison.OrdinalIgnoreCase)
            )
            .ToList();
        var offset = Paging.Start(Paging.Asked(parameters), found.Count, PageSize);
        return ConsoleRoutes.Show<UsersPage, UsersModel>(
            new UsersModel(
                [.. found.Skip(offset).Take(PageSize)],
                UserUse.Of(sessions, keys),
                search,
                found.Count,
                offset,
                PageSize
            )
        );
    }

    private static Task<IResult> Add(
        ApiParameters parameters,
        UserStore users,
        DuplicateSubmitGuard once,
        HttpContext context
    )
    {
        var form = UserForm.Read(parameters);
        return ConsoleForms.Try(
            () =>
                once.Do(
                    context,
                    parameters,
                    async () =>
                    {
                        var user = await users.Add(
                            context.Actor(),
                            form.Name,
                            new UserSettings(parameters.Text("password"), !form.IsReadOnly, form.Description)
                        );
                        return (ListPath, $"User {user.Name} was added as {user.Role}.");
                    }
                ),
            problem =>
                Form(users, form, FormVersion.None, UserUse.None, ConsoleForms.WithoutPassword(problem, parameters))
        );
    }

    private static Task<IResult> Change(
        string name,
        ApiParameters parameters,
        UserStore users,
        SessionStore sessions,
        ApiKeyStore keys,
        HttpContext context
    )
    {
        var user = Get(users, name);
        var form = UserForm.Read(parameters) with { Name = name, IsNew = false, User = user };
        return ConsoleForms.Try(
            async () =>
            {
                // A role that was not touched here may have been changed elsewhere since the page was shown.
                bool? isAdmin = form.IsReadOnly == form.WasReadOnly ? null : !form.IsReadOnly;
                var password = user.IsLocal ? parameters.Text("password") : null;
                await users.Update(
                    context.Actor(),
                    name,
                    new UserSettings(password, isAdmin, form.Description),
                    keepAnAdmin: true,
                    FormVersion.SeenOrNull(parameters)
                );
                return ConsoleRoutes.Back(context, ListPath, $"User {name} was changed.");
            },
            problem =>
            {
                var stored = Get(users, name);
                var again = form with { User = stored, WasReadOnly = !stored.IsAdmin };
                return Form(
                    users,
                    again,
                    FormVersion.Of(parameters, stored.Stored(), form.Typed()),
                    UserUse.Of(sessions, keys, name),
                    ConsoleForms.WithoutPassword(problem, parameters)
                );
            }
        );
    }

    private static Task<IResult> Delete(
        string name,
        ApiParameters parameters,
        UserStore users,
        SessionStore sessions,
        ApiKeyStore keys,
        HttpContext context
    ) =>
        ConsoleForms.Try(
            async () =>
            {
                ConsoleForms.MustBeSure(parameters);
                await users.Delete(context.Actor(), name, keepAnAdmin: true, FormVersion.SeenOrNull(parameters));
                return ConsoleRoutes.Back(context, ListPath, $"User {name} was deleted.");
            },
            problem => Form(users, Get(users, name), UserUse.Of(sessions, keys, name), problem)
        );

    private static IResult Form(UserStore users, User user, UserUse use, string? problem) =>
        Form(users, UserForm.Of(user), FormVersion.Of(user.Stored()), use, problem);

    private static IResult Form(UserStore users, UserForm form, FormVersion version, UserUse use, string? problem) =>
        ConsoleRoutes.Show<UserPage, UserModel>(
            new UserModel(form, version, use, users.MinPasswordLength, problem),
            version.StatusOf(problem)
        );

    private static User Get(UserStore users, string name) =>
        users.FindOrNull(name) ?? throw new RefusedException(Refusal.NotFound, $"user '{name}' not found");
}
