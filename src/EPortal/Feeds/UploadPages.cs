using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Mvc;

namespace EPortal.Feeds;

/// <summary>The console's page that takes in an archive, by the rules of <c>kc.eportal kcare deploy</c>.</summary>
internal static class UploadPages
{
    private const string UploadPath = "/upload-patchset";
    private const string Disabled = "disabled";

    /// <summary>Maps it. Of all forms this one alone may be as large as an archive; it is read only once its sender is known.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var largest = routes.ServiceProvider.GetRequiredService<PatchsetLibrary>().MaxArchiveBytes;
        routes.MapPage(UploadPath, (ApiParameters parameters, FeedStore feeds, PatchsetLibrary library) => Form(
            feeds, library, parameters.Text("product") ?? Product.Kernel.Token(), parameters.Text("feed") ?? Feed.Main, false, null));
        routes.MapAction(UploadPath, Upload).WithMetadata(new RequestSizeLimitAttribute(largest + ArchiveUpload.MaxFormBytes), new ReadsOwnBody());
    }

    private static async Task<IResult> Upload(HttpContext context, PatchsetLibrary library, FeedStore feeds)
    {
        var (product, feed, disabled) = (Product.Kernel.Token(), Feed.Main, false);
        try
        {
            var upload = await ArchiveUpload.Begin(context.Request, context.RequestAborted);
            product = upload.Fields.GetValueOrDefault("product", product);
            feed = upload.Fields.GetValueOrDefault("feed", feed);
            disabled = upload.Fields.GetValueOrDefault("state") == Disabled;
            // Before the file is read, which takes a while.
            var of = PatchsetPages.ProductOf(product);
            feeds.Get(feed);
            var deployed = await library.Deploy(context.Actor(), of, upload.Archive, Rollout.Place(feed, disabled), context.RequestAborted);
            return ConsoleRoutes.Back(context, PatchsetPages.PathOf(of, deployed.Patchset), Told(deployed, feed, disabled));
        }
        catch (Exception e) when (e is RefusedException or PatchsetException)
        {
            return Form(feeds, library, product, feed, disabled, e.Message);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Form(feeds, library, product, feed, disabled, TooLarge(library));
        }
    }

    private static string Told(Deployed deployed, string feed, bool disabled) =>
        $"{deployed.Patchset} was {(disabled ? "disabled" : "enabled")} on {feed}."
        + (deployed.SignedBy is null ? " No key is pinned, so it was not checked who made it." : "");

    private static string TooLarge(PatchsetLibrary library) =>
        $"The archive is larger than {Figure.Bytes(library.MaxArchiveBytes)}, which is all that PATCHSET_MAX_ARCHIVE_BYTES allows.";

    private static IResult Form(FeedStore feeds, PatchsetLibrary library, string product, string feed, bool disabled, string? problem) =>
        ConsoleRoutes.Show<UploadPage, UploadModel>(
            new UploadModel(product, feed, disabled, feeds.List(), library.MaxArchiveBytes, TooLarge(library), problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
}

/// <summary>What the page that takes in an archive shows.</summary>
/// <param name="Product">Product chosen.</param>
/// <param name="Feed">Feed chosen.</param>
/// <param name="IsDisabled">Whether it is to be kept off the feed.</param>
/// <param name="Feeds">Feeds to choose from.</param>
/// <param name="MaxBytes">Largest archive taken.</param>
/// <param name="TooLarge">What to say of a larger one.</param>
/// <param name="Problem">Why the last one was not taken.</param>
internal sealed record UploadModel(string Product, string Feed, bool IsDisabled, IReadOnlyList<Feed> Feeds, long MaxBytes, string TooLarge, string? Problem);
