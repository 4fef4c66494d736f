using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Mvc;

namespace EPortal.Feeds;

/// <summary>The console's page that imports an archive, by the rules of <c>kc.eportal kcare deploy</c>.</summary>
internal static class UploadPages
{
    private const string UploadPath = "/upload-patchset";

    /// <summary>Only store it.</summary>
    public const string Stored = "stored";

    /// <summary>Enable it on a feed.</summary>
    public const string Enabled = "enabled";

    /// <summary>Disable it on a feed.</summary>
    public const string Disabled = "disabled";

    /// <summary>Maps it. Only this form may be as large as an archive; it is read only after authentication.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var largest = routes.ServiceProvider.GetRequiredService<PatchsetLibrary>().MaxArchiveBytes;
        routes.MapPage(
            UploadPath,
            (ApiParameters parameters, FeedStore feeds, PatchsetLibrary library) =>
                Form(
                    feeds,
                    library,
                    parameters.Text("product") ?? Product.Kernel.Token(),
                    parameters.Text("feed") ?? Feed.Main,
                    Stored,
                    null
                )
        );
        routes
            .MapAction(UploadPath, Upload)
            .WithMetadata(new RequestSizeLimitAttribute(largest + ArchiveUpload.MaxFormBytes), new ReadsOwnBody());
    }

    private static async Task<IResult> Upload(HttpContext context, PatchsetLibrary library, FeedStore feeds)
    {
        if (BodyKinds.Of(context.Request) is BodyKind.Unknown)
            throw BodyKinds.NotUnderstood();
        var (product, feed, state) = (Product.Kernel.Token(), Feed.Main, Stored);
        try
        {
            var upload = await ArchiveUpload.Begin(context.Request, context.RequestAborted);
            product = upload.Fields.GetValueOrDefault("product", product);
            feed = upload.Fields.GetValueOrDefault("feed", feed);
            state = upload.Fields.GetValueOrDefault("state", state);
            if (state is not (Stored or Enabled or Disabled))
                throw new RefusedException(Refusal.Invalid, $"invalid state: use {Stored}, {Enabled} or {Disabled}");
            // Before the file is read, which takes a while.
            var of = PatchsetPages.ProductOf(product);
            feeds.Get(feed);
            var disabled = false;
            var deployed = await library.Deploy(
                context.Actor(),
                of,
                upload.Archive,
                state == Disabled
                    ? (change, patchset) => disabled = Rollout.KeepOff(change, feed, patchset)
                    : PatchsetLibrary.NoPlace,
                context.RequestAborted
            );
            return GoOn(
                context,
                deployed,
                feed,
                disabled ? Stored : state,
                $"{deployed.Patchset} was {(disabled ? $"disabled on {feed}" : "stored")}."
            );
        }
        catch (Exception e) when (e is RefusedException or PatchsetException)
        {
            await library.TellRefused(context.Actor(), Archive(product, feed), e.Message);
            return Form(feeds, library, product, feed, state, e.Message);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await library.TellRefused(context.Actor(), Archive(product, feed), TooLarge(library));
            return Form(feeds, library, product, feed, state, TooLarge(library));
        }
    }

    /// <summary>To the page of the patchset; to the preview if the change affects servers.</summary>
    private static IResult GoOn(HttpContext context, Deployed deployed, string feed, string state, string done)
    {
        var path = PatchsetPages.PathOf(deployed.Product, deployed.Patchset);
        var signed = deployed.SignedBy is null ? " Its signature was not checked, because no key is pinned." : "";
        return state switch
        {
            Enabled => ConsoleRoutes.Back(
                context,
                ManagePages.PreviewOf(path, feed, RolloutAction.Enable),
                $"{done}{signed} Check the preview to enable it on {feed}."
            ),
            Disabled => ConsoleRoutes.Back(
                context,
                ManagePages.PreviewOf(path, feed, RolloutAction.Disable),
                $"{done}{signed} It is enabled on {feed}: check the preview to disable it there."
            ),
            _ => ConsoleRoutes.Back(context, path, done + signed),
        };
    }

    /// <summary>The archive for the user log; long texts are cut.</summary>
    private static string Archive(string product, string feed) =>
        $"{UserLogDetails.Cut(product, 64)} archive for {UserLogDetails.Cut(feed, 64)}";

    private static string TooLarge(PatchsetLibrary library) =>
        $"The archive is larger than {NumberText.Bytes(library.MaxArchiveBytes)}, the limit set by PATCHSET_MAX_ARCHIVE_BYTES.";

    private static IResult Form(
        FeedStore feeds,
        PatchsetLibrary library,
        string product,
        string feed,
        string state,
        string? problem
    ) =>
        ConsoleRoutes.Show<UploadPage, UploadModel>(
            new UploadModel(product, feed, state, feeds.List(), library.MaxArchiveBytes, TooLarge(library), problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );
}

/// <summary>What the upload page shows.</summary>
/// <param name="Product">Product chosen.</param>
/// <param name="Feed">Feed chosen.</param>
/// <param name="State">What to do with it.</param>
/// <param name="Feeds">Feeds to choose from.</param>
/// <param name="MaxBytes">Largest archive accepted.</param>
/// <param name="TooLarge">The error for a larger one.</param>
/// <param name="Problem">Why the last one was refused.</param>
internal sealed record UploadModel(
    string Product,
    string Feed,
    string State,
    IReadOnlyList<Feed> Feeds,
    long MaxBytes,
    string TooLarge,
    string? Problem
);
