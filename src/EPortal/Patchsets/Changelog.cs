using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace EPortal.Patchsets;

/// <summary>
/// Changelogs, which strangers write in Markdown, as HTML that may stand in a page: what is HTML in them is text, pictures are
/// their description, and links lead to web sites or nowhere.
/// </summary>
internal static class Changelog
{
    /// <summary>Characters shown; the rest is left out.</summary>
    public const int MaxLength = 64 * 1024;

    // Below the page's title and that of the card.
    private const int HeadingLevel = 3;

    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder().DisableHtml().Build();

    /// <summary>The HTML; null for a text that is nested too deeply to be one.</summary>
    public static string? ToHtmlOrNull(string markdown)
    {
        try
        {
            var document = Markdown.Parse(markdown.Length <= MaxLength ? markdown : markdown[..MaxLength], s_pipeline);
            Tame(document);
            return document.ToHtml(s_pipeline);
        }
        catch (ArgumentException)
        {
            // How the library says that it gave up.
            return null;
        }
    }

    private static void Tame(MarkdownDocument document)
    {
        foreach (var heading in document.Descendants<HeadingBlock>())
            heading.Level = HeadingLevel;
        foreach (var link in document.Descendants<LinkInline>().ToList())
        {
            var address = link.GetDynamicUrl?.Invoke() ?? link.Url;
            link.GetDynamicUrl = null;
            if (link.IsImage || !WebLink.IsSafe(address))
                link.ReplaceBy(new ContainerInline());
            else
                link.GetAttributes().AddProperty("rel", WebLink.Rel);
        }

        foreach (var link in document.Descendants<AutolinkInline>().ToList())
        {
            if (link.IsEmail || !WebLink.IsSafe(link.Url))
                link.ReplaceBy(new LiteralInline(link.Url));
            else
                link.GetAttributes().AddProperty("rel", WebLink.Rel);
        }
    }
}
