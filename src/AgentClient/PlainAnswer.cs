using System.Globalization;

namespace EPortal.AgentClient;

/// <summary>Answer of the plain-text calls: <c>name:value</c> lines with a <c>code</c>, 0 for success.</summary>
internal sealed record PlainAnswer(int Code, string? ServerId, string? Message)
{
    private const int UnknownServer = 1;

    /// <exception cref="PortalException">The text has no code.</exception>
    public static PlainAnswer Parse(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
        }
        if (
            !fields.TryGetValue("code", out var code)
            || !int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
            throw new PortalException(PortalError.BadAnswer, "unexpected answer from the portal: no result code");
        return new PlainAnswer(number, fields.GetValueOrDefault("server_id"), fields.GetValueOrDefault("message"));
    }

    public void ThrowUnlessDone(string what)
    {
        if (Code != 0)
            throw new PortalException(
                Code == UnknownServer ? PortalError.UnknownServer : PortalError.Refused,
                $"the portal refused {what}: {Explain($"code {Code}")}"
            );
    }

    public PortalException RegistrationError() =>
        Code switch
        {
            1 => new(PortalError.Locked, $"the portal accepts no registration now: {Explain("too many tries")}"),
            2 => new(PortalError.InvalidKey, $"the portal refused the key: {Explain("it is not valid")}"),
            3 => new(PortalError.ServerLimit, $"the portal refused the key: {Explain("its server limit is reached")}"),
            4 => new(
                PortalError.AddressNotAllowed,
                $"the portal refused the key: {Explain("it may not be used from this address")}"
            ),
            _ => new(PortalError.Refused, $"the portal refused the registration: {Explain($"code {Code}")}"),
        };

    private string Explain(string otherwise)
    {
        var said = SafeText.Line(Message ?? "").TrimEnd('.');
        return said.Length == 0 ? otherwise : said;
    }
}
