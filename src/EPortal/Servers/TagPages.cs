using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>The console's pages of tags. A tag may hold any character, so it is in the query string.</summary>
internal static class TagPages
{
    private const string ListPath = "/tags";
    private const string OnePath = "/tag";

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(
            ListPath,
            (ApiParameters parameters, Database database) =>
            {
                var asked = Paging.Asked(parameters);
                return ConsoleRoutes.Show<TagsPage, TagsModel>(
                    database.Read(session =>
                    {
                        var count = TagStore.Count(session);
                        var offset = Paging.Start(asked, count, TagsModel.PageSize);
                        return new TagsModel(TagStore.List(session, TagsModel.PageSize, offset), count, offset);
                    })
                );
            }
        );
        routes.MapPage(
            OnePath,
            (ApiParameters parameters, Database database) => One(parameters, database, problem: null)
        );
        routes.MapAction(OnePath + "/rename", Rename).ResumesForm();
        routes.MapAction(OnePath + "/remove", Remove);
    }

    private static Task<IResult> Rename(
        ApiParameters parameters,
        TagStore tags,
        Database database,
        HttpContext context
    ) =>
        ConsoleForms.Try(
            async () =>
            {
                var (tag, name) = (parameters.Required("tag"), ConsoleForms.Typed(parameters, "name", "a tag"));
                var count = await tags.Rename(context.Actor(), tag, name);
                return ConsoleRoutes.Back(
                    context,
                    ListPath,
                    $"The tag {tag} was renamed to {name} on {NumberText.Of(count, "server", "servers")}."
                );
            },
            problem => One(parameters, database, problem)
        );

    private static Task<IResult> Remove(
        ApiParameters parameters,
        TagStore tags,
        Database database,
        HttpContext context
    ) =>
        ConsoleForms.Try(
            async () =>
            {
                ConsoleForms.MustBeSure(parameters);
                var tag = parameters.Required("tag");
                var count = await tags.Remove(context.Actor(), tag);
                return ConsoleRoutes.Back(
                    context,
                    ListPath,
                    $"The tag {tag} was removed from {NumberText.Of(count, "server", "servers")}."
                );
            },
            problem => One(parameters, database, problem)
        );

    private static IResult One(ApiParameters parameters, Database database, string? problem)
    {
        var tag =
            database.Read(session => TagStore.FindOrNull(session, parameters.Required("tag")))
            ?? throw new RefusedException(Refusal.NotFound, TagStore.NoServer);
        return ConsoleRoutes.Show<TagPage, TagModel>(
            new TagModel(tag, parameters.Text("name") ?? tag.Tag, problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );
    }
}

/// <summary>What the page of all tags shows.</summary>
/// <param name="Tags">Tags of this page.</param>
/// <param name="Count">How many tags there are.</param>
/// <param name="Offset">Tags passed over.</param>
internal sealed record TagsModel(IReadOnlyList<TagCount> Tags, long Count, long Offset)
{
    /// <summary>Tags of a page.</summary>
    public const int PageSize = 100;
}

/// <summary>What the page of one tag shows.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Name">The new name as it is filled in.</param>
/// <param name="Problem">Why it was not changed.</param>
internal sealed record TagModel(TagCount Tag, string Name, string? Problem);
