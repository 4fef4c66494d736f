namespace EPortal.Hosting;

/// <summary>How names and values are shown in sentences about the settings.</summary>
internal static class SettingsNames
{
    private const int ShownLength = 80;

    /// <summary>The known name that is nearest to a wrong one.</summary>
    public static string Closest(string name)
    {
        var upper = name.ToUpperInvariant();
        return SettingsTable.All.Select(definition => definition.Name).MinBy(known => Distance(upper, known))!;
    }

    /// <summary>A written value, on one line and cut to a length that a sentence bears.</summary>
    public static string Shorten(string written)
    {
        var line = string.Concat(written.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= ShownLength ? line : line[..ShownLength] + "…";
    }

    /// <summary>How many letters must be added, taken away or changed (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
