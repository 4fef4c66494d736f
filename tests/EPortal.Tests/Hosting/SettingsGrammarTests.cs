using System.Numerics;
using CsCheck;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class SettingsGrammarTests
{
    private static readonly Gen<SettingsValue> Scalar = Gen.OneOf(
        Gen.Const(SettingsValue.Nothing),
        Gen.Bool.Select(value => (SettingsValue)new SettingsValue.Flag(value)),
        Gen.Long.Select(value => SettingsValue.Of(value)),
        Gen.Byte.Array[0, 40].Select(bytes => SettingsValue.Of(new BigInteger(bytes))),
        Gen.Double.Where(double.IsFinite).Select(value => (SettingsValue)new SettingsValue.Real(value)),
        Gen.String.Where(NoLoneSurrogate).Select(SettingsValue.Of),
        Gen.String[Gen.Char["'\"\\#[],=\n\r\t\0 aé"], 0, 12].Select(SettingsValue.Of)
    );

    private static readonly Gen<SettingsValue> Value = Gen.OneOf(
        Scalar,
        Scalar.List[0, 6].Select(items => (SettingsValue)new SettingsValue.Items(items))
    );

    [Fact]
    public void What_is_written_is_read_back() =>
        Value.Sample(value => SettingsGrammar.ReadOrNull(value.ToString())!.Equals(value));

    /// <summary>Blanks that may stand within a line, and those that may stand within a list.</summary>
    private static readonly Gen<string> Blank = OneOf("", " ", "\t", "  \t", "\u00A0", "\uFEFF", "\f");

    private static readonly Gen<string> Gap = Gen.OneOf(
        Blank,
        OneOf("\n", "\r\n", "\r", " # it's, a [note] = 1\n", "\t#\r\n \uFEFF")
    );

    private static readonly Gen<string> End = OneOf(
        "",
        "\n",
        "\r\n",
        "\r",
        " # 'note'",
        "\t#",
        " # é\r\n",
        "#x\n",
        " \t\r\n"
    );

    private static readonly Gen<(SettingsValue Value, string Text)> Strewn = Value.SelectMany(value =>
        Gen.Select(Blank.Array[8], Gap.Array[16], (blanks, gaps) => (value, Strew(value, blanks, gaps)))
    );

    [Fact]
    public void What_is_written_is_read_back_whatever_blanks_and_comments_are_strewn_in() =>
        Gen.Select(
                Strewn,
                Strewn,
                End,
                Blank,
                Gen.Bool,
                (one, other, end, blank, hasMark) => (one, other, end, blank, hasMark)
            )
            .Sample(file =>
            {
                var problems = new List<SettingsProblem>();
                var text =
                    $"{(file.hasMark ? "\uFEFF" : "")}A{file.blank}={file.blank}{file.one.Text}{file.blank}\nB={file.other.Text}{file.end}";
                var found = SettingsFile.Parse("f", text, problems);
                problems.ShouldBeEmpty(text);
                found.Select(assignment => assignment.Value).ShouldBe([file.one.Value, file.other.Value], text);
                SettingsGrammar.ReadOrNull($"{file.blank}{file.one.Text}{file.end}").ShouldBe(file.one.Value, text);
            });

    private static string Strew(SettingsValue value, string[] blanks, string[] gaps)
    {
        var gap = 0;
        string Gap() => gaps[gap++ % gaps.Length];
        return value switch
        {
            SettingsValue.Items { Values: [] } => $"[{Gap()}]",
            SettingsValue.Items items =>
                $"[{string.Concat(items.Values.Select((item, n) => Gap() + Factors(item, blanks) + Gap() + (n + 1 < items.Values.Count ? "," : "")))}{Gap()}]",
            _ => Factors(value, blanks),
        };
    }

    /// <summary>A whole number may as well be written as a product.</summary>
    private static string Factors(SettingsValue value, string[] blanks) =>
        value is SettingsValue.Whole { Value: var number } && number % 2 == 0
            ? $"2{blanks[0]}*{blanks[1]}{number / 2}{(blanks[2].Length > 0 ? $"{blanks[3]}*{blanks[4]}1" : "")}"
            : value.ToString();

    [Fact]
    public void Noise_never_breaks_the_reader_and_hides_no_later_line() =>
        Gen.String[Gen.Char["'\"\\#[],= \tNone01.x*-é"], 0, 40]
            .Sample(noise =>
            {
                var problems = new List<SettingsProblem>();
                var found = SettingsFile.Parse("f", $"A = {noise}\nZ = 1\n", problems);
                found[^1].ShouldBe(new SettingsAssignment("Z", 2, SettingsValue.Of(1)));
                (found.Count + problems.Count).ShouldBe(2);
            });

    [Theory]
    [InlineData("3600 * 24", "86400")]
    [InlineData("2*3*-4", "-24")]
    [InlineData("+7", "7")]
    [InlineData("0.5 * 4", "2.0")]
    [InlineData("1_000", "1000")]
    [InlineData("0x10", "16")]
    [InlineData("1e3", "1000.0")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5.0")]
    [InlineData("99999999999999999999 * 10", "999999999999999999990")]
    [InlineData("\"it's\"", "'it\\'s'")]
    [InlineData("'\\x41\\u00e9\\U0001F600\\101\\q'", "'Aé\U0001F600A\\\\q'")]
    [InlineData("[]", "[]")]
    [InlineData("[ 'a' , 1, ]", "['a', 1]")]
    [InlineData("[ # first\n 'a', # why\n\n 'b'\n]", "['a', 'b']")]
    public void Python_literals_mean_what_they_mean_there(string text, string expected) =>
        SettingsGrammar.ReadOrNull(text)!.ToString().ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("none")]
    [InlineData("Truely")]
    [InlineData("'open")]
    [InlineData("'two\nlines'")]
    [InlineData("'a' 'b'")]
    [InlineData("'a' * 3")]
    [InlineData("010")]
    [InlineData("0x")]
    [InlineData("1 +")]
    [InlineData("1 * ")]
    [InlineData("1 * 'a'")]
    [InlineData("['a' 'b']")]
    [InlineData("['a',,'b']")]
    [InlineData("[['a']]")]
    [InlineData("['a'")]
    [InlineData("'\\ud800'")]
    [InlineData("'\\U00110000'")]
    [InlineData("__import__('os')")]
    public void Anything_else_is_refused(string text) => SettingsGrammar.ReadOrNull(text).ShouldBeNull();

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(n => texts[n]);

    private static bool NoLoneSurrogate(string text) => !text.Any(char.IsSurrogate);
}
