using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>How names and values are shown in sentences about the settings.</summary>
internal static class SettingsNames
{
    private const int ShownLength = 80;

    /// <summary>Longest name that is compared with the known ones; none of ours is half as long.</summary>
    private const int MaxCompared = 64;

    /// <summary>
    /// What is wrong with a name: an error when it is nearly one of ours, a warning when it is another program's; null
    /// when it is known.
    /// </summary>
    /// <param name="source">The settings file, or the environment variable.</param>
    /// <param name="line">Line in the file.</param>
    /// <param name="name">The name.</param>
    /// <param name="others">Further names that are ours there.</param>
    public static SettingsProblem? UnknownOrNull(
        string source,
        int? line,
        string name,
        params IEnumerable<string> others
    ) =>
        SettingsTable.FindOrNull(name) is not null ? null
        : CloseOrNull(name, others) is { } close
            ? SettingsProblem.Error(source, line, name, $"unknown setting {Shorten(name)}; did you mean {close}?")
        : SettingsProblem.Warning(source, line, name, $"unknown setting {Shorten(name)} ignored");

    /// <summary>
    /// The known name that a wrong one was probably meant to be: at most a letter in four is another, and three in all.
    /// Case and underscores do not matter.
    /// </summary>
    public static string? CloseOrNull(string name, params IEnumerable<string> others)
    {
        if (name.Length > MaxCompared)
            return null;
        var plain = Plain(name);
        var (known, distance) = SettingsTable
            .All.Select(definition => definition.Name)
            .Concat(others)
            .Select(known => (known, CliClosest.Distance(plain, Plain(known))))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Clamp(plain.Length / 4, 1, 3) ? known : null;

        static string Plain(string text) => text.ToUpperInvariant().Replace("_", "", StringComparison.Ordinal);
    }

    /// <summary>A written value, on one line and cut to a length that a sentence bears.</summary>
    public static string Shorten(string written)
    {
        var line = string.Concat(written.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= ShownLength ? line : line[..ShownLength] + "…";
    }
}
