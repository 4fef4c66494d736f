using System.Text;
using System.Text.RegularExpressions;

namespace EPortal.Fuzz;

/// <summary>Changes a token of a JSON text: puts another in its place, drops it, or writes it twice.</summary>
internal static partial class JsonEdits
{
    private static readonly string[] Tokens =
    [
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "9223372036854775808",
        "2147483648",
        "0.5",
        "\"\"",
        "\"../x\"",
        "\"\\ud800\"",
        "\"a\\u0000b\"",
        "[]",
        "{}",
        "[[[[[[[[[[]]]]]]]]]]",
        "\"kernel\"",
        "\"patch.json\"",
        "\"2999-01-01T00:00:00Z\"",
        "\"0000000000000000000000000000000000000000\"",
        "\"Kpatch.bin\"",
        "\"format\"",
        ",",
        ":",
        "}",
        "]",
        "/**/",
        "\uffff",
    ];

    public static byte[] Edit(byte[] json, SmallRandom random)
    {
        var text = Encoding.UTF8.GetString(json);
        for (var n = 1 + random.Below(2); n > 0; n--)
        {
            var tokens = Token().Matches(text);
            if (tokens.Count == 0)
                break;
            var token = tokens[random.Below(tokens.Count)];
            var replacement = random.Below(6) switch
            {
                0 => "",
                1 => $"{token.Value},{token.Value}",
                2 => tokens[random.Below(tokens.Count)].Value,
                _ => Tokens[random.Below(Tokens.Length)],
            };
            text = text[..token.Index] + replacement + text[(token.Index + token.Length)..];
        }

        return Encoding.UTF8.GetBytes(text);
    }

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|-?[0-9.eE+]+|true|false|null|[\\[\\]{}:,]")]
    private static partial Regex Token();
}
