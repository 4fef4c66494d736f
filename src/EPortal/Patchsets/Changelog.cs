using System.Collections.Concurrent;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace EPortal.Patchsets;

/// <summary>
/// Renders changelogs, untrusted Markdown, as safe HTML: HTML in them is shown as text, pictures as their description,
/// and links lead only to web sites.
/// </summary>
internal static class Changelog
{
    /// <summary>Characters shown; the rest is left out.</summary>
    public const int MaxLength = 64 * 1024;

    // The library's time grows with the square of a paragraph; a text with a longer one is shown as plain text.
    private const int MaxParagraph = 4096;

    private const int MaxKept = 64;

    // Below the page's title and that of the card.
    private const int HeadingLevel = 3;

    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder().DisableHtml().Build();

    // Cache of recent results: rendered once, however many viewers ask at the same time.
    private static readonly ConcurrentDictionary<string, Lazy<string?>> s_kept = new(StringComparer.Ordinal);

    /// <summary>The HTML; null for a text that is nested too deeply, or has a paragraph that is too long.</summary>
    public static string? ToHtmlOrNull(string markdown)
    {
        var text = markdown.Length <= MaxLength ? markdown : markdown[..MaxLength];
        if (s_kept.Count >= MaxKept && !s_kept.ContainsKey(text))
            s_kept.Clear();
        return s_kept.GetOrAdd(text, key => new Lazy<string?>(() => Make(key))).Value;
    }

    private static string? Make(string markdown)
    {
        if (LongestParagraph(markdown) > MaxParagraph)
            return null;
        try
        {
            var document = Markdown.Parse(markdown, s_pipeline);
            Tame(document);
            return document.ToHtml(s_pipeline);
        }
        catch (ArgumentException)
        {
            // The library throws this when it gives up.
            return null;
        }
    }

    /// <summary>
    /// Characters of the longest run of lines that may be one paragraph: until an empty line, a heading or an item of a
    /// list.
    /// </summary>
    private static int LongestParagraph(string markdown)
    {
        var (longest, length) = (0, 0);
        foreach (var line in markdown.AsSpan().EnumerateLines())
        {
            var text = line.TrimStart();
            var begins =
                text.IsEmpty
                || (line.Length - text.Length < 4 && text is ['-' or '*' or '+', ' ', ..] or ['#', ..] && Heads(text));
            length = begins ? line.Length : length + line.Length + 1;
            longest = Math.Max(longest, length);
        }

        return longest;
    }

    private static bool Heads(ReadOnlySpan<char> text) => text[0] != '#' || text.TrimStart('#') is [] or [' ', ..];

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
