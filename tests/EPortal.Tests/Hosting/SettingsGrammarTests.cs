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
        Gen.String[Gen.Char["'\"\\#[],=\n\r\t\0 aé"], 0, 12].Select(SettingsValue.Of));

    private static readonly Gen<SettingsValue> Value = Gen.OneOf(
        Scalar, Scalar.List[0, 6].Select(items => (SettingsValue)new SettingsValue.Items(items)));

    [Fact]
    public void What_is_written_is_read_back() =>
        Value.Sample(value => SettingsGrammar.ReadOrNull(value.ToString())!.Equals(value));

    [Fact]
    public void Noise_never_breaks_the_reader_and_hides_no_later_line() =>
        Gen.String[Gen.Char["'\"\\#[],= \tNone01.x*-é"], 0, 40].Sample(noise =>
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

    private static bool NoLoneSurrogate(string text) => !text.Any(char.IsSurrogate);
}
