using System.Globalization;
using System.Numerics;
using System.Text;

namespace EPortal.Hosting;

/// <summary>A value as it is written in the settings file: a Python literal, not yet of any setting's type.</summary>
internal abstract record SettingsValue
{
    private SettingsValue() { }

    /// <summary><c>None</c>.</summary>
    internal sealed record None : SettingsValue
    {
        public override string ToString() => "None";
    }

    /// <summary><c>True</c> or <c>False</c>.</summary>
    internal sealed record Flag(bool Value) : SettingsValue
    {
        public override string ToString() => Value ? "True" : "False";
    }

    /// <summary>A whole number of any size.</summary>
    internal sealed record Whole(BigInteger Value) : SettingsValue
    {
        public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A number with a point or an exponent.</summary>
    internal sealed record Real(double Value) : SettingsValue
    {
        public override string ToString()
        {
            var digits = Value.ToString("R", CultureInfo.InvariantCulture);
            return digits.AsSpan().ContainsAny('.', 'E') ? digits : digits + ".0";
        }
    }

    /// <summary>A quoted string, escapes already resolved.</summary>
    internal sealed record Text(string Value) : SettingsValue
    {
        public override string ToString() => Quote(Value);
    }

    /// <summary>A list of plain values; lists do not nest.</summary>
    internal sealed record Items(IReadOnlyList<SettingsValue> Values) : SettingsValue
    {
        public bool Equals(Items? other) => other is not null && Values.SequenceEqual(other.Values);

        public override int GetHashCode() => Values.Aggregate(17, HashCode.Combine);

        public override string ToString() => $"[{string.Join(", ", Values)}]";
    }

    public static SettingsValue Nothing { get; } = new None();

    public static SettingsValue Of(BigInteger value) => new Whole(value);

    public static SettingsValue Of(string value) => new Text(value);

    public static SettingsValue Of(IEnumerable<string> values) => new Items([.. values.Select(Of)]);

    private static string Quote(string value)
    {
        var text = new StringBuilder("'");
        foreach (var c in value)
        {
            _ = c switch
            {
                '\'' or '\\' => text.Append('\\').Append(c),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                _ when char.IsControl(c) => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }

        return text.Append('\'').ToString();
    }
}
