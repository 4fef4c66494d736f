using System.Globalization;

namespace EPortal.Format;

/// <summary>Names of members: <c>TARGET/LEVEL/FILE</c>.</summary>
internal static class MemberName
{
    private const int MaxShown = 120;

    public static string Of(string target, int level, string file) =>
        string.Create(CultureInfo.InvariantCulture, $"{target}/{level}/{file}");

    /// <summary>A name from an archive, made safe for a message.</summary>
    public static string Shown(string name)
    {
        var text = new string([.. name.Take(MaxShown).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
        return name.Length > MaxShown ? $"'{text}…'" : $"'{text}'";
    }
}
