using System.Reflection;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests;

/// <summary>Errors have one form: lower case, no full stop.</summary>
public sealed class ErrorTextTests
{
    /// <summary>Names that are written so.</summary>
    private static readonly string[] s_names =
    [
        "Basic",
        "Content-Type",
        "Content-Length",
        "Content-Range",
        "Host",
        "Markdown",
        "Range",
        "True",
        "False",
        "None",
    ];

    [Fact]
    public void Errors_begin_in_lower_case_and_end_without_a_full_stop()
    {
        var texts = ErrorTexts.Of(
            typeof(WebPortal).Assembly,
            typeof(EPortal.Format.Manifest).Assembly,
            typeof(EPortal.AgentClient.PortalClient).Assembly,
            Assembly.Load("kcarectl")
        );

        texts.Count.ShouldBeGreaterThan(250);
        texts.Where(IsWrong).Select(text => text.ToString()).ShouldBeEmpty();
    }

    [Fact]
    public void Texts_of_another_form_are_noticed()
    {
        var texts = ErrorTexts
            .Of(typeof(ErrorTextTests).Assembly)
            .Where(text => text.Where.Contains("ErrorTextSamples", StringComparison.Ordinal))
            .ToList();

        texts
            .Where(IsWrong)
            .Select(text => text.Begin + text.End)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ShouldBe([
                " at the end.",
                " given back.",
                "Begins ",
                "Bound to ",
                "Handed on ",
                "is  bound.",
                "not  right.",
                "stop.stop.",
            ]);
        texts.Where(text => !IsWrong(text)).ShouldNotBeEmpty();
    }

    private static bool IsWrong(ErrorText text) =>
        text.End.EndsWith('.')
        || (text.Begin.Length > 0 && char.IsUpper(text.Begin[0]) && !IsName(text.Begin.Split([' ', ',', ';', ':'])[0]));

    private static bool IsName(string word) => word.Count(char.IsUpper) > 1 || s_names.Contains(word);
}
