using System.Text.RegularExpressions;
using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>
/// Settings from the file and the environment. The file is <c>EPORTAL_CONFIG</c>, which must exist, or the
/// default one, which need not. <c>EPORTAL_NAME</c> in the environment wins over the file's <c>NAME</c>.
/// </summary>
internal static partial class SettingsLoader
{
    public const string DefaultPath = "/etc/eportal/config";

    public const string PathVariable = "EPORTAL_CONFIG";

    private const string PythonVariable = "PYTHONHTTPSVERIFY";

    private const string Prefix = "EPORTAL_";

    /// <summary>Where the starter looks for a folder with the environment; see <c>start.c</c>.</summary>
    private const string FolderVariable = "EPORTAL_ENVIRONMENT_DIR";

    /// <summary>Variables that are no settings.</summary>
    private static readonly string[] OtherVariables = [PathVariable, FolderVariable, CliApp.TraceVariable];

    public static SettingsResult Load(IReadOnlyDictionary<string, string> environment, string defaultPath)
    {
        var problems = new List<SettingsProblem>();
        var settings = FromFile(environment.GetValueOrDefault(PathVariable), defaultPath, problems);
        foreach (var (variable, text) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (
                variable.StartsWith(Prefix, StringComparison.Ordinal)
                && !OtherVariables.Contains(variable)
                && !string.IsNullOrWhiteSpace(text)
            )
                settings = FromVariable(settings, variable, text, problems);
        }

        // The name by which the portal's predecessor knew it.
        if (environment.GetValueOrDefault(PythonVariable)?.Trim() == "0")
            settings = settings with { PatchSourceCheckCert = false };
        problems.AddRange(SettingsChecks.Problems(settings));
        return new SettingsResult(problems.Exists(problem => !problem.IsWarning) ? null : settings, problems);
    }

    private static Settings FromFile(string? named, string defaultPath, List<SettingsProblem> problems)
    {
        var path = string.IsNullOrEmpty(named) ? defaultPath : named;
        var settings = Settings.Defaults;
        if (string.IsNullOrEmpty(named) && !Path.Exists(path))
            return settings;
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var assignments = SettingsFile.Read(path, problems);
        foreach (var (name, line, value) in assignments)
        {
            if (SettingsNames.UnknownOrNull(path, line, name) is { } unknown)
                problems.Add(unknown);
            else if (!lines.TryAdd(name, line))
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
            problems.Add(SettingsProblem.Warning(source, line, name, $"{name} has no effect yet"));
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
