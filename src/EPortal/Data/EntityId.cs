using System.Globalization;

namespace EPortal.Data;

/// <summary>
/// The identity of a replicated entity, a hold or an operation: the node that made it and that
/// node's sequence number. Written <c>ORIGIN.SEQUENCE</c>. An id is never used twice, so what is gone stays gone.
/// </summary>
/// <param name="Origin">Node, 12 lower-case hex digits.</param>
/// <param name="Sequence">Number of the operation at that node, from 1, without gaps.</param>
internal readonly record struct EntityId(string Origin, long Sequence)
{
    /// <summary>Reads <c>ORIGIN.SEQUENCE</c>.</summary>
    /// <exception cref="FormatException">The text is not of that form.</exception>
    public static EntityId Parse(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return
            dot > 0 && long.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            ? new EntityId(text[..dot], n)
            : throw new FormatException($"invalid entity id '{text}'");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Origin}.{Sequence}");
}
