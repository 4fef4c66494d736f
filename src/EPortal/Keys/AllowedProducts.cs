using EPortal.Format;

namespace EPortal.Keys;

/// <summary>The products that a key allows, as the store keeps them: tokens with spaces between.</summary>
internal static class AllowedProducts
{
    /// <summary>Whether a product is among them.</summary>
    public static bool Contain(string tokens, Product product)
    {
        var text = tokens.AsSpan();
        foreach (var range in text.Split(' '))
        {
            if (text[range].SequenceEqual(product.Token()))
                return true;
        }

        return false;
    }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Product> Parse(string tokens) =>
        [.. Products.All.Where(product => Contain(tokens, product))];

    /// <summary>As the store keeps them.</summary>
    public static string ToText(IEnumerable<Product> products) =>
        string.Join(' ', products.Distinct().Select(product => product.Token()));
}
