using System.Globalization;

namespace EPortal.Api;

/// <summary>How long ago something must have been.</summary>
/// <param name="Length">The time; never negative.</param>
/// <param name="Within">Whether it must have been within that time, not before it.</param>
internal sealed record Age(TimeSpan Length, bool Within)
{
    private const long MaxDays = 36_500;

    /// <summary>Reads <c>3</c> (days), <c>4h</c>, <c>-3</c>; null for anything else.</summary>
    public static Age? ParseOrNull(string text)
    {
        var hours = text.EndsWith('h');
        var digits = hours ? text[..^1] : text;
        if (
            !long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || number is long.MinValue
            || Math.Abs(number) > (hours ? MaxDays * 24 : MaxDays)
        )
            return null;
        var length = hours ? TimeSpan.FromHours(Math.Abs(number)) : TimeSpan.FromDays(Math.Abs(number));
        return new Age(length, digits.StartsWith('-'));
    }
}
