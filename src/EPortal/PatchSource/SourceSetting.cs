using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EPortal.Data;

namespace EPortal.PatchSource;

/// <summary>Which patch source is used and what is wanted of it, as people set it.</summary>
internal sealed partial record SourceSetting
{
    private const int MaxDistros = 200;
    private const int MaxUrl = 2000;
    private const int MaxText = 1000;

    /// <summary>No patch source.</summary>
    public static readonly SourceSetting Off = new();

    /// <summary>Root of the repository; null for no patch source.</summary>
    public Uri? Url { get; init; }

    /// <summary>Login there; null for none.</summary>
    public string? User { get; init; }

    /// <summary>Password of the login.</summary>
    public string? Password { get; init; }

    /// <summary>Distributions whose kernel patchsets are fetched; none means all.</summary>
    public IReadOnlyList<string> Distros { get; init; } = [];

    /// <summary>A setting as entered; an omitted password is kept while host, port and login stay the same.</summary>
    /// <param name="url">Address; empty for no patch source.</param>
    /// <param name="user">Login; empty for none.</param>
    /// <param name="password">Its password; empty for the one known.</param>
    /// <param name="distros">Distributions.</param>
    /// <exception cref="RefusedException">A value is not of its form, or the password must be given again.</exception>
    public SourceSetting With(string? url, string? user, string? password, IReadOnlyList<string> distros)
    {
        if (string.IsNullOrEmpty(url))
            return Off;
        var address = Address(url);
        var login = string.IsNullOrEmpty(user) ? null : Login(user);
        return new SourceSetting
        {
            Url = address,
            User = login,
            Password = Secret(address, login, password),
            Distros = Checked(distros),
        };
    }

    /// <summary>As it is stored.</summary>
    /// <exception cref="RefusedException">It is malformed.</exception>
    public static SourceSetting Read(JsonObject section)
    {
        var distros = section["distros"] switch
        {
            null => [],
            JsonArray array => array.Select(TextOf).OfType<string>().ToList(),
            _ => throw Malformed(),
        };
        return Off.With(TextOf(section["url"]), TextOf(section["user"]), TextOf(section["password"]), distros);
    }

    /// <summary>Its fields, as stored.</summary>
    public StoredFields Stored(string id) =>
        FieldsOf(id, Url?.AbsoluteUri, User, Distros).WithSecret("password", "Password", Password);

    /// <summary>Fields of a patch source, as stored or as typed.</summary>
    public static StoredFields FieldsOf(string id, string? url, string? user, IReadOnlyList<string> distros) =>
        new(id)
        {
            { "url", "Address", url },
            { "user", "Login", user },
            { "distros", "Distributions", string.Join(' ', distros) },
        };

    /// <summary>As it is to be stored.</summary>
    public JsonObject ToJson() =>
        new()
        {
            ["url"] = Url?.AbsoluteUri,
            ["user"] = User,
            ["password"] = Password,
            ["distros"] = new JsonArray([.. Distros.Select(distro => (JsonNode?)distro)]),
        };

    /// <summary>Without the password, for logs.</summary>
    public override string ToString() =>
        Url is null
            ? "off"
            : $"{Url}{(User is null ? "" : $" as {User}")}{(Distros.Count == 0 ? "" : $", {string.Join(' ', Distros)}")}";

    /// <summary>Changing the address must not send the stored password to another host.</summary>
    private string? Secret(Uri address, string? login, string? given)
    {
        if (login is null)
            return null;
        if (!string.IsNullOrEmpty(given))
            return given.Length <= MaxText ? given : throw Invalid("the password is too long");
        if (Password is null)
            return null;
        return
            Url is not null
            && User == login
            && Url.GetLeftPart(UriPartial.Authority) == address.GetLeftPart(UriPartial.Authority)
            ? Password
            : throw Invalid("enter the password again: it was set for another address or login");
    }

    private static Uri Address(string text) =>
        text.Length <= MaxUrl
        && Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.Host.Length > 0
        && url.UserInfo.Length == 0
        && url.Query.Length == 0
        && url.Fragment.Length == 0
            ? url
            : throw Invalid(
                "invalid address: use one such as https://patches.example.com/, without user, password and query"
            );

    /// <summary>A colon would end it too early where the two are sent together (RFC 7617).</summary>
    private static string Login(string text) =>
        text.Length <= MaxText && !text.Any(c => c == ':' || char.IsControl(c))
            ? text
            : throw Invalid("invalid login: use at most 1000 characters, without colons and control characters");

    private static IReadOnlyList<string> Checked(IReadOnlyList<string> distros) =>
        distros.Count <= MaxDistros && distros.All(distro => Distro().IsMatch(distro))
            ? [.. distros.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
            : throw Invalid($"invalid distributions: use at most {MaxDistros} names such as debian12");

    private static string? TextOf(JsonNode? node) =>
        node is null ? null
        : node is JsonValue value && value.TryGetValue<string>(out var text) ? text
        : throw Malformed();

    private static RefusedException Malformed() =>
        Invalid(
            "the stored patch source is malformed: url, user and password must be strings, distros a list of strings"
        );

    private static RefusedException Invalid(string message) => new(Refusal.Invalid, message);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Distro();
}
