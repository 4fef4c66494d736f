using System.Text;
using System.Text.RegularExpressions;

namespace EPortal.Agents.Packages;

/// <summary>
/// One paragraph of fields as Debian writes them (deb822(5)): <c>Name: value</c>, further lines of a value begin with a
/// blank. At most 64 KiB and 100 fields; no name twice.
/// </summary>
internal sealed partial class ControlFields
{
    /// <summary>Largest paragraph, in bytes of UTF-8.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxFields = 100;

    private readonly List<(string Name, string Value)> _fields = [];

    /// <summary>The fields in their order; a value of several lines holds the line breaks.</summary>
    public IReadOnlyList<(string Name, string Value)> All => _fields;

    /// <summary>Reads a paragraph.</summary>
    /// <exception cref="Data.RefusedException">It is not of that form.</exception>
    public static ControlFields Parse(byte[] content)
    {
        var fields = new ControlFields();
        var ended = false;
        foreach (var line in TextOf(content).Split('\n'))
        {
            if (string.IsNullOrWhiteSpace(line))
                ended = true;
            else if (ended)
                throw BadPackage.Because("the control file has text after an empty line");
            else
                fields.Take(line.TrimEnd(' ', '\t', '\r'));
        }

        return fields;
    }

    /// <summary>The value of a field, whatever the case of its name; empty when it is not there.</summary>
    public string this[string name] =>
        _fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? "";

    private static string TextOf(byte[] content)
    {
        if (content.Length > MaxBytes)
            throw BadPackage.Because($"the control file is larger than {MaxBytes} bytes");
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
            return text.Any(c => char.IsControl(c) && c is not ('\n' or '\t' or '\r'))
                ? throw BadPackage.Because("the control file has control characters")
                : text;
        }
        catch (DecoderFallbackException)
        {
            throw BadPackage.Because("the control file is not UTF-8");
        }
    }

    private void Take(string line)
    {
        if (line[0] is ' ' or '\t')
        {
            if (_fields.Count == 0)
                throw BadPackage.Because("the control file begins with a blank");
            _fields[^1] = (_fields[^1].Name, $"{_fields[^1].Value}\n{line}");
            return;
        }

        if (!Field().IsMatch(line))
            throw BadPackage.Because("the control file has a line without a field name");
        var parts = line.Split(':', 2);
        if (_fields.Any(field => field.Name.Equals(parts[0], StringComparison.OrdinalIgnoreCase)))
            throw BadPackage.Because($"the control file has the field {parts[0]} twice");
        if (_fields.Count == MaxFields)
            throw BadPackage.Because($"the control file has more than {MaxFields} fields");
        _fields.Add((parts[0], parts[1].Trim()));
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}:")]
    private static partial Regex Field();
}
