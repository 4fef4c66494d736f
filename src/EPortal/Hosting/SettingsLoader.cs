using System.Text.RegularExpressions;
using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>
/// Settings from the file and the environment. The file is <c>EPORTAL_CONFIG</c>, which must exist, or the
/// default one, which need not; while that sets nothing, the first of <see cref="OlderPaths"/> that exists.
/// <c>EPORTAL_NAME</c> in the environment wins over the file's <c>NAME</c>.
/// </summary>
internal static partial class SettingsLoader
{
    public const string DefaultPath = "/etc/eportal/config";

    public const string PathVariable = "EPORTAL_CONFIG";

    /// <summary>
    /// Where portals before 1.35 had theirs, as a Python file; read while <see cref="DefaultPath"/> sets nothing.
    /// </summary>
    public static IReadOnlyList<string> OlderPaths { get; } =
    ["/usr/share/kcare-eportal/local.py", "/usr/share/kcare-eportal/config/local.py"];

    /// <summary>The variable by which older portals were told not to check certificates.</summary>
    private const string OlderCheckCert = "PYTHONHTTPSVERIFY";

    /// <summary>
    /// Not taken from an older file: it may lie where the portal's user can write, who would become root by it.
    /// </summary>
    private const string NotFromOlder = "RUN_AS";

    /// <summary>How people say that there are no settings.</summary>
    private const string NoFile = "/dev/null";

    private const string Prefix = "EPORTAL_";

    /// <summary>Where the starter looks for a folder with the environment; see <c>start.c</c>.</summary>
    private const string FolderVariable = "EPORTAL_ENVIRONMENT";

    /// <summary>Variables that are no settings.</summary>
    private static readonly string[] OtherVariables = [PathVariable, FolderVariable, CliApp.TraceVariable];

    public static SettingsResult Load(
        IReadOnlyDictionary<string, string> environment,
        string defaultPath,
        params IReadOnlyList<string> olderPaths
    )
    {
        var problems = new List<SettingsProblem>();
        var settings = FromFiles(environment.GetValueOrDefault(PathVariable), defaultPath, olderPaths, problems);
        foreach (var (variable, text) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (
                variable.StartsWith(Prefix, StringComparison.Ordinal)
                && !OtherVariables.Contains(variable)
                && !string.IsNullOrWhiteSpace(text)
            )
                settings = FromVariable(settings, variable, text, problems);
        }

        if (environment.GetValueOrDefault(OlderCheckCert)?.Trim() == "0")
            settings = settings with { PatchSourceCheckCert = false };
        problems.AddRange(SettingsChecks.Problems(settings));
        return new SettingsResult(problems.Exists(problem => !problem.IsWarning) ? null : settings, problems);
    }

    /// <summary>Path of the settings file, whether it is there or not.</summary>
    public static string PathOf(IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault(PathVariable) is { Length: > 0 } named ? named : DefaultPath;

    /// <summary>Path of the settings file; null where there is none, or none that holds anything.</summary>
    public static string? FileOrNull(IReadOnlyDictionary<string, string> environment) =>
        PathOf(environment) is var path && path != NoFile && File.Exists(path) ? path : null;

    private static Settings FromFiles(
        string? named,
        string defaultPath,
        IReadOnlyList<string> olderPaths,
        List<SettingsProblem> problems
    )
    {
        if (!string.IsNullOrEmpty(named))
            return FromAssignments(named, SettingsFile.Read(named, problems), problems);
        var assignments = Path.Exists(defaultPath) ? SettingsFile.Read(defaultPath, problems) : [];
        return assignments.Count == 0 && problems.Count == 0 && olderPaths.FirstOrDefault(Path.Exists) is { } older
            ? FromOlderFile(older, defaultPath, problems)
            : FromAssignments(defaultPath, assignments, problems);
    }

    private static Settings FromAssignments(
        string path,
        IReadOnlyList<SettingsAssignment> assignments,
        List<SettingsProblem> problems,
        bool isPython = false
    )
    {
        var settings = Settings.Defaults;
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, line, value) in assignments)
        {
            if (SettingsNames.UnknownOrNull(path, line, name) is { } unknown)
                // An old file has worked, so that a name like one of ours is another program's.
                problems.Add(unknown with { IsWarning = unknown.IsWarning || isPython });
            else if (!lines.TryAdd(name, line) && !isPython)
                problems.Add(SettingsProblem.Error(path, line, name, $"{name} is already set in line {lines[name]}"));
            else
                settings = Apply(settings, path, line, name, value, problems);
        }

        problems.AddRange(SettingsChecks.FileProblems(path, assignments));
        var inOrder = problems.OrderBy(problem => problem.Line).ToArray();
        problems.Clear();
        problems.AddRange(inOrder);
        return settings;
    }

    private static Settings FromOlderFile(string path, string defaultPath, List<SettingsProblem> problems)
    {
        var assignments = SettingsFile.Read(path, problems, isPython: true);
        var settings = FromAssignments(
            path,
            [.. assignments.Where(assignment => assignment.Name != NotFromOlder)],
            problems,
            isPython: true
        );
        problems.Insert(
            0,
            SettingsProblem.Warning(
                path,
                null,
                null,
                $"read because {defaultPath} sets nothing; write the settings there, then this file is not read any more"
            )
        );
        return settings;
    }

    private static Settings Apply(
        Settings settings,
        string path,
        int line,
        string name,
        SettingsValue value,
        List<SettingsProblem> problems
    )
    {
        var definition = SettingsTable.FindOrNull(name)!;
        if (definition.ApplyOrNull(settings, value) is { } applied)
            return Noted(applied, path, line, name, problems);
        problems.Add(SettingsProblem.Error(path, line, name, Refusal(definition, value.ToString())));
        return settings;
    }

    private static Settings FromVariable(
        Settings settings,
        string variable,
        string text,
        List<SettingsProblem> problems
    )
    {
        var name = variable[Prefix.Length..];
        if (
            SettingsNames.UnknownOrNull(variable, null, name, OtherVariables.Select(other => other[Prefix.Length..])) is
            { } unknown
        )
        {
            problems.Add(unknown);
            return settings;
        }

        var definition = SettingsTable.FindOrNull(name)!;
        var value = SettingsGrammar.ReadOrNull(text);
        if (definition.TakesWords && value is not (SettingsValue.Text or SettingsValue.Items or SettingsValue.None))
            value = SettingsValue.Of(Word(text, definition.IsSecret));
        value ??= SettingsGrammar.NamedOrNull(Word(text, isSecret: false));
        if (value is not null && definition.ApplyOrNull(settings, value) is { } applied)
            return Noted(applied, variable, null, name, problems);
        problems.Add(SettingsProblem.Error(variable, null, name, Refusal(definition, text)));
        return settings;
    }

    /// <summary>
    /// A value without quotes: what stands around it is no part of it, nor is a comment, unless it may be one of a
    /// password.
    /// </summary>
    private static string Word(string text, bool isSecret)
    {
        var word = text.Trim().Trim('\uFEFF').Trim();
        var comment = isSecret ? null : CommentPattern().Match(word);
        return comment is { Success: true } ? word[..comment.Index] : word;
    }

    private static Settings Noted(
        Settings settings,
        string source,
        int? line,
        string name,
        List<SettingsProblem> problems
    )
    {
        if (SettingsTable.WithoutEffect.Contains(name))
            problems.Add(SettingsProblem.Warning(source, line, name, $"{name} has no effect"));
        return settings;
    }

    [GeneratedRegex(@"\s+#.*\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex CommentPattern();

    private static string Refusal(SettingsDefinition definition, string written)
    {
        // An at sign may close a password in a URL.
        var shown = definition.IsSecret || written.Contains('@') ? "" : $" {SettingsNames.Shorten(written)}";
        return $"invalid value{shown} for {definition.Name}: use {definition.Allowed}";
    }
}
