using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using EPortal.Replication.Channel;

namespace EPortal.Hosting;

/// <summary>The plain kinds of settings: flags, numbers, times, texts. Addresses have their own file.</summary>
internal static class SettingsKinds
{
    /// <summary>No text setting needs more characters.</summary>
    private const int MaxTextLength = 4096;

    public static SettingsKind<bool> Flag { get; } =
        new(
            "True or False",
            // To Python 1 is as good as True.
            (value, out result) =>
                (result = value is SettingsValue.Flag { Value: true } or SettingsValue.Whole { Value.IsOne: true })
                || value is SettingsValue.Flag or SettingsValue.Whole { Value.IsZero: true },
            value => new SettingsValue.Flag(value)
        );

    /// <summary>One of a few words, which are the names of values in lower case.</summary>
    public static SettingsKind<T> Choice<T>(params T[] values)
        where T : struct, Enum =>
        new(
            string.Join(" or ", values.Select(value => $"'{Word(value)}'")),
            (value, out result) =>
            {
                var text = (value as SettingsValue.Text)?.Value;
                result = values.FirstOrDefault(one => Word(one) == text);
                return values.Any(one => Word(one) == text);
            },
            value => SettingsValue.Of(Word(value))
        )
        {
            TakesWords = true,
        };

    /// <summary>An absolute path.</summary>
    public static SettingsKind<string> AbsolutePath { get; } =
        Text("an absolute path in quotes", text => text.StartsWith('/') && text.Length > 1);

    public static SettingsKind<string?> OptionalText { get; } =
        Optional(Text("a text in quotes", text => text.Length > 0));

    public static SettingsKind<string?> OptionalPath { get; } = Optional(AbsolutePath);

    /// <summary>Keys that nodes share: one, or two while it is changed.</summary>
    public static SettingsKind<IReadOnlyList<string>?> SharedKeys { get; } =
        Optional(
            new SettingsKind<IReadOnlyList<string>>(
                $"a text of at least {SharedKey.MinLength} characters in quotes, or a list of two",
                (SettingsValue value, [MaybeNullWhen(false)] out IReadOnlyList<string> result) =>
                {
                    var items = value is SettingsValue.Items list ? list.Values : [value];
                    result = [.. items.OfType<SettingsValue.Text>().Select(text => text.Value)];
                    return items.Count is 1 or 2
                        && result.Count == items.Count
                        && result.All(text =>
                            text.Length is >= SharedKey.MinLength and <= MaxTextLength && !text.Any(char.IsControl)
                        );
                },
                keys => keys.Count == 1 ? SettingsValue.Of(keys[0]) : SettingsValue.Of(keys)
            )
            {
                TakesWords = true,
            }
        ) with
        {
            IsSecret = true,
        };

    /// <summary>A password or shared key.</summary>
    public static SettingsKind<string?> Secret { get; } = OptionalText with { IsSecret = true };

    public static SettingsKind<long> Whole(long min, long max = long.MaxValue, string unit = "") =>
        new(
            (max == long.MaxValue ? $"a whole number from {min}" : $"a whole number from {min} to {max}") + unit,
            (value, out result) =>
            {
                var fits = value is SettingsValue.Whole whole && whole.Value >= min && whole.Value <= max;
                result = fits ? (long)((SettingsValue.Whole)value).Value : 0;
                return fits;
            },
            value => SettingsValue.Of(value)
        );

    /// <summary>A whole number that fits 32 bits.</summary>
    public static SettingsKind<int> Count(int min, int max = int.MaxValue)
    {
        var whole = Whole(min, max);
        return new(
            max == int.MaxValue ? $"a whole number from {min}" : whole.Allowed,
            (value, out result) =>
            {
                var fits = whole.Read(value, out var number);
                result = (int)number;
                return fits;
            },
            value => SettingsValue.Of(value)
        );
    }

    /// <summary>A number of bytes.</summary>
    public static SettingsKind<long> Bytes(long min) => Whole(min, unit: " (bytes)");

    /// <summary>A time in seconds, up to ten years.</summary>
    public static SettingsKind<TimeSpan> Seconds(int min)
    {
        var max = (long)TimeSpan.FromDays(3660).TotalSeconds;
        return new(
            $"a number of seconds from {min} to {max}",
            (value, out result) =>
            {
                var seconds = value switch
                {
                    SettingsValue.Whole whole when BigInteger.Abs(whole.Value) <= max => (double)whole.Value,
                    SettingsValue.Real real => real.Value,
                    _ => double.NaN,
                };
                var fits = seconds >= min && seconds <= max;
                result = fits ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
                return fits;
            },
            value =>
                value.Ticks % TimeSpan.TicksPerSecond == 0
                    ? SettingsValue.Of(value.Ticks / TimeSpan.TicksPerSecond)
                    : new SettingsValue.Real(value.TotalSeconds)
        );
    }

    /// <summary>A text that the check accepts; control characters never.</summary>
    public static SettingsKind<string> Text(string allowed, Func<string, bool> check) =>
        new(
            allowed,
            (SettingsValue value, [MaybeNullWhen(false)] out string result) =>
            {
                var text = (value as SettingsValue.Text)?.Value;
                result = text ?? "";
                return text is { Length: <= MaxTextLength } && !text.Any(char.IsControl) && check(text);
            },
            SettingsValue.Of
        )
        {
            TakesWords = true,
        };

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>A list of what one text becomes; a single text stands for a list of one.</summary>
    public static SettingsKind<IReadOnlyList<T>> ListOf<T>(
        string allowed,
        Func<string, T?> read,
        Func<T, string> write,
        bool mayBeEmpty = true
    )
        where T : class =>
        new(
            allowed,
            (SettingsValue value, [MaybeNullWhen(false)] out IReadOnlyList<T> result) =>
            {
                var items = value switch
                {
                    SettingsValue.Items list => list.Values,
                    SettingsValue.Text => [value],
                    _ => [SettingsValue.Nothing],
                };
                var texts = items.Select(item => item is SettingsValue.Text text ? read(text.Value) : null).ToArray();
                result = [.. texts.OfType<T>()];
                return !texts.Contains(null) && (mayBeEmpty || texts.Length > 0);
            },
            values => SettingsValue.Of(values.Select(write))
        )
        {
            TakesWords = true,
        };

    /// <summary>The same kind, or <c>None</c>.</summary>
    public static SettingsKind<T?> Optional<T>(SettingsKind<T> kind)
        where T : class =>
        new(
            $"{kind.Allowed}, or None",
            (value, out result) =>
            {
                result = null;
                return value is SettingsValue.None || kind.Read(value, out result);
            },
            value => value is null ? SettingsValue.Nothing : kind.Write(value)
        )
        {
            TakesWords = kind.TakesWords,
            IsSecret = kind.IsSecret,
        };

    /// <summary>The same kind, or <c>None</c>; where zero is said to be off, 0 means <c>None</c> too.</summary>
    public static SettingsKind<T?> OptionalValue<T>(SettingsKind<T> kind, bool zeroIsNone = false)
        where T : struct =>
        new(
            zeroIsNone ? $"{kind.Allowed}, or 0 or None for never" : $"{kind.Allowed}, or None",
            (value, out result) =>
            {
                result = null;
                if (value is SettingsValue.None || zeroIsNone && value is SettingsValue.Whole { Value.IsZero: true })
                    return true;
                var fits = kind.Read(value, out var some);
                result = some;
                return fits;
            },
            value => value is { } some ? kind.Write(some) : SettingsValue.Nothing
        );
}
