namespace EPortal.Cli;

/// <summary>What somebody may have meant by a word that is not known.</summary>
internal static class CliClosest
{
    /// <summary>Words of other programs for the same.</summary>
    private static readonly (string Known, string[] Others)[] s_synonyms =
    [
        ("add", ["create", "new", "make"]),
        ("set", ["change", "edit", "update", "modify"]),
        ("delete", ["remove", "rm", "del"]),
        ("list", ["ls", "show", "get"]),
    ];

    /// <summary>The known word that is near enough to be meant; null when none is.</summary>
    public static string? FindOrNull(string word, IEnumerable<string> known)
    {
        var words = known.ToList();
        if (s_synonyms.FirstOrDefault(one => one.Others.Contains(word)).Known is { } meant && words.Contains(meant))
            return meant;
        var letters = word.TrimStart('-').Length;
        if (
            letters > 1
            && words.FirstOrDefault(candidate => candidate.StartsWith(word, StringComparison.Ordinal)) is { } longer
        )
            return longer;
        var most = letters switch
        {
            <= 1 => 0,
            <= 4 => 1,
            <= 7 => 2,
            _ => 3,
        };
        return words
            .Select(candidate => (candidate, distance: Distance(word, candidate)))
            .Where(pair => pair.distance <= most)
            .OrderBy(pair => pair.distance)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>How many letters must be added, taken away or changed (Levenshtein).</summary>
    public static int Distance(string left, string right)
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
