using System.Globalization;
using Superpower;
using Superpower.Parsers;

namespace EPortal.Hosting;

/// <summary>Quoted strings as Python reads them: both quotes, and its escapes.</summary>
internal static class SettingsText
{
    private static readonly TextParser<string> Octal = Span.Regex("[0-3]?[0-7]{1,2}")
        .Select(digits => ((char)Convert.ToInt32(digits.ToStringValue(), 8)).ToString());

    private static readonly TextParser<string> Simple = Character
        .In([.. "\\'\"abfnrtv\n"])
        .Select(c =>
            c switch
            {
                'a' => "\a",
                'b' => "\b",
                'f' => "\f",
                'n' => "\n",
                'r' => "\r",
                't' => "\t",
                'v' => "\v",
                '\n' => "",
                _ => c.ToString(),
            }
        );

    private static readonly TextParser<string> Escape = Character
        .EqualTo('\\')
        .IgnoreThen(
            Parse.OneOf(
                Simple,
                Octal,
                Coded('x', 2),
                Coded('u', 4),
                Coded('U', 8),
                // Python keeps the backslash before a letter that it does not know.
                Character.ExceptIn('x', 'u', 'U').Select(c => "\\" + c)
            )
        );

    /// <summary>A string in single or double quotes, on one line.</summary>
    public static TextParser<string> Quoted { get; } = In('\'').Or(In('"'));

    private static TextParser<string> In(char quote) =>
        from open in Character.EqualTo(quote)
        from parts in Character.ExceptIn(quote, '\\', '\n').Select(c => c.ToString()).Or(Escape).Many()
        from close in Character.EqualTo(quote).Named("the closing quote")
        select string.Concat(parts);

    private static TextParser<string> Coded(char letter, int digits) =>
        Character
            .EqualTo(letter)
            .IgnoreThen(Character.HexDigit.Repeat(digits))
            .Select(code => long.Parse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))
            .Where(code => code is >= 0 and < 0xD800 or > 0xDFFF and <= 0x10FFFF, "a valid character code")
            .Select(code => char.ConvertFromUtf32((int)code));
}
