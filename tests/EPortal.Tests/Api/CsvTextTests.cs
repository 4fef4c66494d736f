using CsCheck;
using EPortal.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>Comma-separated values that hosts and administrators have a hand in.</summary>
public sealed class CsvTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t'=1")]
    [InlineData("=1,2", "\"'=1,2\"")]
    [InlineData("x;=1+1", "x;'=1+1")]
    [InlineData("x;-1;+2", "x;'-1;'+2")]
    [InlineData("x\t@a", "x\t'@a")]
    [InlineData("x|=1", "x|'=1")]
    [InlineData("x\r\n=1", "\"x\r\n'=1\"")]
    [InlineData("x;\"=1\"", "\"x;'\"\"=1\"\"\"")]
    [InlineData("x; =1", "x;' =1")]
    [InlineData("\uFF1D1+1", "'\uFF1D1+1")]
    [InlineData("\uFF0B1", "'\uFF0B1")]
    [InlineData("\uFF0D1", "'\uFF0D1")]
    [InlineData("\uFF20a", "'\uFF20a")]
    [InlineData("\u200B=1", "'\u200B=1")]
    [InlineData("env:prod;web-1", "env:prod;web-1")]
    [InlineData("a-b=c", "a-b=c")]
    public void Values_are_quoted_and_no_formula_is_left(string value, string written) =>
        CsvText.Line(value, "x").ShouldBe($"{written},x\r\n");

    [Fact]
    public void Whatever_the_values_are_a_line_has_as_many_and_none_begins_a_formula() =>
        Gen
            .String.Array[1, 5]
            .Sample(values =>
            {
                var read = Read(CsvText.Line(values));
                read.Count.ShouldBe(values.Length);
                read.ShouldAllBe(value => value.Length == 0 || !"=+-@\t\r".Contains(value[0]));
                read.Zip(values).ShouldAllBe(pair => pair.First.Replace("'", "") == pair.Second.Replace("'", ""));
                foreach (var cell in read.SelectMany(value => value.Split(';', '\t', '|', '\r', '\n')))
                    (cell.Length > 0 && "=+-@\uFF1D\uFF0B\uFF0D\uFF20".Contains(cell[0])).ShouldBeFalse(cell);
            });

    /// <summary>A reader as RFC 4180 has it.</summary>
    private static List<string> Read(string line)
    {
        var (values, value, quoted) = (new List<string>(), new System.Text.StringBuilder(), false);
        for (var at = 0; at < line.Length; at++)
        {
            if (line[at] == '"' && quoted && line[at + 1] == '"')
                value.Append(line[at++]);
            else if (line[at] == '"')
                quoted = !quoted;
            else if (!quoted && (line[at] == ',' || (line[at] == '\r' && line[at + 1] == '\n')))
            {
                values.Add(value.ToString());
                value.Clear();
                at += line[at] == '\r' ? 1 : 0;
            }
            else
                value.Append(line[at]);
        }

        return values;
    }
}
