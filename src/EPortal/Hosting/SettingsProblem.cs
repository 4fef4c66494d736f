namespace EPortal.Hosting;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="IsWarning">Whether the program starts all the same.</param>
/// <param name="Source">The settings file, or the environment variable.</param>
/// <param name="Line">Line in the file, from 1; null for a variable and for the file as a whole.</param>
/// <param name="Name">The setting, when one is meant.</param>
/// <param name="Message">One sentence; never holds a secret.</param>
internal sealed record SettingsProblem(bool IsWarning, string Source, int? Line, string? Name, string Message)
{
    public static SettingsProblem Error(string source, int? line, string? name, string message) =>
        new(false, source, line, name, message);

    public static SettingsProblem Warning(string source, int? line, string? name, string message) =>
        new(true, source, line, name, message);

    /// <summary>The same with how grave it is, for a line of its own.</summary>
    public string ToLine() => $"{(IsWarning ? "warning" : "error")}: {this}";

    public override string ToString() => Line is null ? $"{Source}: {Message}" : $"{Source}:{Line}: {Message}";
}

/// <summary>Settings as read: null when a problem is an error. All problems are told at once.</summary>
internal sealed record SettingsResult(Settings? Settings, IReadOnlyList<SettingsProblem> Problems)
{
    public IEnumerable<SettingsProblem> Errors => Problems.Where(problem => !problem.IsWarning);

    public IEnumerable<SettingsProblem> Warnings => Problems.Where(problem => problem.IsWarning);
}
