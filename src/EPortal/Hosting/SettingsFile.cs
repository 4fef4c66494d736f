using System.Text;
using System.Text.RegularExpressions;
using EPortal.Blobs;
using Superpower;
using Superpower.Model;
using Superpower.Parsers;

namespace EPortal.Hosting;

/// <summary>One <c>NAME = value</c> of a settings file.</summary>
internal sealed record SettingsAssignment(string Name, int Line, SettingsValue Value);

/// <summary>Reads a settings file into assignments. A line that cannot be read does not hide the next one.</summary>
internal static partial class SettingsFile
{
    /// <summary>A settings file larger than this is somebody's mistake, in bytes.</summary>
    private const long MaxBytes = 1 << 20;

    private const string Assign = "=";

    private static readonly TextParser<TextSpan> Name = Span.Regex("[A-Za-z_][A-Za-z0-9_]*").Named("a name");

    private static readonly TextParser<Unit> Equal = SettingsGrammar
        .Blank.IgnoreThen(Character.EqualTo('=').Named(Assign))
        .IgnoreThen(SettingsGrammar.Blank);

    private static readonly TextParser<Unit> End = SettingsGrammar
        .Blank.IgnoreThen(SettingsGrammar.Comment.OptionalOrDefault())
        .IgnoreThen(EndOfLine);

    /// <summary>The file's assignments in their order; what is wrong with it is added to the problems.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problems">Where problems go.</param>
    /// <param name="isPython">Whether it is a program of Python, of which all but plain assignments is left out with a
    /// warning.</param>
    public static IReadOnlyList<SettingsAssignment> Read(
        string path,
        List<SettingsProblem> problems,
        bool isPython = false
    )
    {
        if (Directory.Exists(path))
        {
            problems.Add(SettingsProblem.Error(path, null, null, "cannot read the file: it is a folder"));
            return [];
        }

        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                problems.Add(SettingsProblem.Error(path, null, null, $"file is larger than {MaxBytes} bytes"));
                return [];
            }

            if (path != "/dev/null") // How people say that there are no settings.
                NativeFile.RequireRegular(path);
            return Parse(path, new UTF8Encoding(false, true).GetString(File.ReadAllBytes(path)), problems, isPython);
        }
        catch (DecoderFallbackException)
        {
            problems.Add(SettingsProblem.Error(path, null, null, "file is not valid UTF-8"));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            problems.Add(SettingsProblem.Error(path, null, null, "file not found"));
        }
        catch (UnauthorizedAccessException)
        {
            problems.Add(SettingsProblem.Error(path, null, null, "cannot read the file: permission denied"));
        }
        catch (IOException error)
        {
            problems.Add(SettingsProblem.Error(path, null, null, $"cannot read the file: {error.Message}"));
        }

        return [];
    }

    /// <summary>The same for a text that is already here.</summary>
    public static IReadOnlyList<SettingsAssignment> Parse(
        string path,
        string text,
        List<SettingsProblem> problems,
        bool isPython = false
    )
    {
        var found = new List<SettingsAssignment>();
        var rest = new TextSpan(text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'));
        for (rest = SettingsGrammar.Gap(rest).Remainder; !rest.IsAtEnd; rest = SettingsGrammar.Gap(rest).Remainder)
        {
            var line = rest.Position.Line;
            var name = Name(rest);
            var value = name.HasValue
                ? Equal.IgnoreThen(SettingsGrammar.Value).Then(v => End.Value(v))(name.Remainder)
                : Result.CastEmpty<TextSpan, SettingsValue>(name);
            if (isPython && IsPythonAlone(rest, name, value))
                problems.Add(Skipped(path, line, name));
            else if (value.HasValue)
                found.Add(new SettingsAssignment(name.Value.ToStringValue(), line, value.Value));
            else
                problems.Add(Problem(path, line, name, value));
            rest = value.HasValue
                ? value.Remainder
                : AfterFailure(
                    rest,
                    isOurs: !name.HasValue || SettingsTable.FindOrNull(name.Value.ToStringValue()) is not null,
                    isPython
                );
        }

        return found;
    }

    /// <summary>
    /// A statement that is no assignment, or one that stands in a block, of which nobody knows whether it would run. A
    /// setting of ours with a value that cannot be read is neither: without it the portal would be another one.
    /// </summary>
    private static bool IsPythonAlone(TextSpan start, Result<TextSpan> name, Result<SettingsValue> value)
    {
        var index = start.Position.Absolute;
        var isIndented = index > 0 && start.Source![index - 1] is ' ' or '\t';
        return isIndented || (!value.HasValue && !(name.HasValue && Equal(name.Remainder).HasValue));
    }

    /// <summary>Names the statement by its first word; more of it may be a secret.</summary>
    private static SettingsProblem Skipped(string path, int line, Result<TextSpan> name)
    {
        var word = name.HasValue ? name.Value.ToStringValue() : null;
        var shown = word is null ? "line" : $"'{SettingsNames.Shorten(word)}'";
        return SettingsProblem.Warning(
            path,
            line,
            word,
            $"{shown} ignored: of Python only NAME = value at the beginning of a line is read"
        );
    }

    private static SettingsProblem Problem(string path, int line, Result<TextSpan> name, Result<SettingsValue> value)
    {
        // A setting of another program may hold what this one cannot read.
        if (
            name.HasValue
            && Equal(name.Remainder).HasValue
            && SettingsNames.UnknownOrNull(path, line, name.Value.ToStringValue()) is { } unknown
        )
            return unknown;

        // The text found there is not repeated: it may be part of a password.
        var expected = value.Expectations is { Length: > 0 } expectations
            ? string.Join(" or ", expectations)
            : value.ErrorMessage ?? "something else";
        var isNamed = name.HasValue && expected != Assign;
        var place = $"expected {expected} at column {value.ErrorPosition.Column}";
        return isNamed
            ? SettingsProblem.Error(
                path,
                value.ErrorPosition.Line,
                name.Value.ToStringValue(),
                $"invalid value for {name.Value.ToStringValue()}: {place}"
            )
            : SettingsProblem.Error(path, value.ErrorPosition.Line, null, $"invalid line: {place}");
    }

    private static TextSpan AfterFailure(TextSpan start, bool isOurs, bool isPython)
    {
        var text = start.ToStringValue();
        var lineEnd = text.IndexOf('\n', StringComparison.Ordinal);
        if (lineEnd < 0)
            return start.Skip(text.Length);

        // What follows a broken list, or a dictionary, may be the rest of it, so that only a new assignment ends it.
        var first = text.AsSpan(0, lineEnd);
        if (!Opening().IsMatch(first))
            return start.Skip(lineEnd);
        if (isPython && !LongText().IsMatch(first))
            return start.Skip(
                NextStatement().Match(text, lineEnd) is { Success: true } found ? found.Index : text.Length
            );
        var next = (isOurs ? NextAssignment() : NextTopLevelAssignment()).Match(text, lineEnd);
        return start.Skip(next.Success ? next.Index : text.Length);
    }

    private static Result<Unit> EndOfLine(TextSpan input) =>
        input.IsAtEnd || input.ConsumeChar().Value == '\n'
            ? Result.Value(Unit.Value, input, input)
            : Result.Empty<Unit>(input, ["end of line"]);

    [GeneratedRegex("[\\[({]|\"\"\"|'''", RegexOptions.CultureInvariant)]
    private static partial Regex Opening();

    [GeneratedRegex("\"\"\"|'''", RegexOptions.CultureInvariant)]
    private static partial Regex LongText();

    /// <summary>
    /// A statement of Python begins at the left; what belongs to the one before is indented, or closes it.
    /// </summary>
    [GeneratedRegex(@"\n(?=[^\s)\]}#])", RegexOptions.CultureInvariant)]
    private static partial Regex NextStatement();

    /// <summary>
    /// What another program's value has within it is written further to the right, as Python wants it.
    /// </summary>
    [GeneratedRegex(@"\n[A-Za-z_][A-Za-z0-9_]*[^\S\n]*=", RegexOptions.CultureInvariant)]
    private static partial Regex NextTopLevelAssignment();

    [GeneratedRegex(@"\n[^\S\n]*[A-Za-z_][A-Za-z0-9_]*[^\S\n]*=", RegexOptions.CultureInvariant)]
    private static partial Regex NextAssignment();
}
