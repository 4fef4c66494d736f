using System.Globalization;

namespace EPortal.Data;

/// <summary>When and where a field was last written; of two the greater wins, the origin breaking ties.</summary>
internal readonly record struct Stamp(long Time, string Origin) : IComparable<Stamp>
{
    /// <summary>Before every other.</summary>
    public static readonly Stamp Never = new(0, "");

    /// <inheritdoc/>
    public int CompareTo(Stamp other) =>
        Time != other.Time ? Time.CompareTo(other.Time) : string.CompareOrdinal(Origin, other.Origin);

    /// <summary>Whether this one is the later.</summary>
    public bool IsAfter(Stamp other) => CompareTo(other) > 0;

    /// <summary>Reads <c>TIME.ORIGIN</c>.</summary>
    public static Stamp Parse(string text)
    {
        var id = text.Split('.', 2);
        return new Stamp(long.Parse(id[0], CultureInfo.InvariantCulture), id[1]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time}.{Origin}");
}
