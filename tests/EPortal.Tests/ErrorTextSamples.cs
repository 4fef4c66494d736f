using System.Globalization;

namespace EPortal.Tests;

/// <summary>Errors of a wrong form, and of the right one, for <see cref="ErrorTextTests"/>.</summary>
internal static class ErrorTextSamples
{
    public static Exception Stop() => new SampleException(1, "stop.");

    public static Exception Begins(int n) => new SampleException(1, $"Begins {n}");

    public static Exception Ends(int n) => new SampleException(1, $"{n} at the end.");

    public static Exception Chosen(bool which, int n) =>
        new SampleException(n, which ? $"right {n}" : $"not {n} right.");

    public static Exception Right(int n) => new SampleException(n, n > 1 ? "LDAP is right" : $"'{n}' is right");

    public static Exception HandedOn(int n) => Fail($"Handed on {n}");

    public static Exception GivenBack() => new SampleException(1, Sentence(2));

    public static Exception Variable(int n)
    {
        var text = $"Bound to {n}";
        if (n > 2)
            text = "is " + n.ToString(CultureInfo.InvariantCulture) + " bound.";
        return new SampleException(n, text);
    }

    private static SampleException Fail(string text) => new(1, text);

    private static string Sentence(int n) => n > 1 ? $"{n} given back." : "given back";

    private sealed class SampleException(int code, string message) : Exception(message)
    {
        public int Code { get; } = code;
    }
}
