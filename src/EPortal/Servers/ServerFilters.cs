using EPortal.Api;
using EPortal.Data;
using EPortal.Keys;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>A filter that can be added to a list of servers.</summary>
/// <param name="Name">Its name in addresses.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Hint">An example, shown while it is empty.</param>
internal sealed record ServerFilterField(string Name, string Title, string Hint = "% for any text");

/// <summary>
/// The filters in the address of a list of servers. One that is there without a value filters nothing, but is shown to
/// be filled in.
/// </summary>
internal sealed class ServerFilters
{
    /// <summary>The text of the search box: the beginning of a host name or an address, or a pattern.</summary>
    public const string Search = "q";

    /// <summary>Names the filter that a button adds to those sent with it.</summary>
    public const string Add = "add";

    /// <summary>Names the filter that a button removes from those sent with it.</summary>
    public const string Remove = "remove";

    private const string AgeHint = "3: over 3 days ago; -2: within 2 days; 4h: hours";
    private const int MaxLength = 300;

    /// <summary>All there are, but for the search box.</summary>
    public static readonly IReadOnlyList<ServerFilterField> Fields =
    [
        new("status", "Status"),
        new("key", "Key", "a key"),
        new("feed", "Feed", "a feed"),
        new("tag", "Tag", "a tag, such as env:prod"),
        new("patchset", "Patchset in use", "its name"),
        new("hostname", "Host name"),
        new("ip", "Address"),
        new("distro", "Distribution"),
        new("distro_version", "Distribution version"),
        new("release", "Kernel release"),
        new("euname", "Effective kernel"),
        new("virt", "Virtualisation"),
        new("machine", "Machine"),
        new("kcare_version", "Agent version"),
        new("checkin_age", "Last check-in", AgeHint),
        new("registered_age", "Registered", AgeHint),
        new("updated_age", "Level changed", AgeHint),
        new("uptime", "Uptime"),
        new("failed", "Last update failed"),
    ];

    /// <summary>None at all.</summary>
    public static readonly ServerFilters None = new([]);

    private readonly Dictionary<string, string> _values;
    private readonly bool _byKeyName;

    private ServerFilters(Dictionary<string, string> values, bool byKeyName = true) =>
        (_values, _byKeyName) = (values, byKeyName);

    /// <summary>Whether nothing is filtered.</summary>
    public bool IsEmpty => _values.Values.All(value => value.Length == 0);

    /// <summary>Filters to show, with values or to be filled in.</summary>
    public IEnumerable<ServerFilterField> Shown => Fields.Where(one => _values.ContainsKey(one.Name));

    /// <summary>Filters that can be added.</summary>
    public IEnumerable<ServerFilterField> Addable => Fields.Where(one => !_values.ContainsKey(one.Name));

    /// <summary>The filter to be filled in next: the last that has no value.</summary>
    public string? Next => Shown.LastOrDefault(one => _values[one.Name].Length == 0)?.Name;

    /// <summary>The value of a filter; empty for none.</summary>
    public string this[string name] => _values.GetValueOrDefault(name, "");

    /// <summary>Reads them.</summary>
    /// <exception cref="RefusedException">One is given twice.</exception>
    public static ServerFilters Read(ApiParameters parameters)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Fields.Select(field => field.Name).Append(Search))
        {
            if (parameters.Raw(name) is { } value && (value.Length > 0 || name != Search))
                values.Add(name, value.Length <= MaxLength ? value : value[..MaxLength]);
        }

        // Others know keys by their ids: a filter by name would tell them whether there is one.
        return new ServerFilters(values, parameters.AreOfAdmin);
    }

    /// <summary>
    /// These after the button that a form was sent with, which adds one or removes one; null when it was sent with none
    /// of those.
    /// </summary>
    public ServerFilters? PressedOrNull(ApiParameters parameters) =>
        FieldOrNull(parameters.Text(Add)) is { } added ? With(added, this[added])
        : FieldOrNull(parameters.Text(Remove)) is { } removed ? With(removed, null)
        : null;

    /// <summary>These with another value of one; without it when that is null.</summary>
    public ServerFilters With(string name, string? value)
    {
        var values = new Dictionary<string, string>(_values, StringComparer.Ordinal);
        if (value is null)
            values.Remove(name);
        else
            values[name] = value;
        return new ServerFilters(values, _byKeyName);
    }

    /// <summary>An address with these and what else is given.</summary>
    public string Address(string path, params IEnumerable<(string Name, string? Value)> more)
    {
        var pairs = Fields
            .Select(field => field.Name)
            .Prepend(Search)
            .Where(_values.ContainsKey)
            .Select(name => (name, (string?)_values[name]))
            .Concat(more)
            .Where(pair => pair.Item2 is not null)
            .Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2!)}")
            .ToList();
        return pairs.Count == 0 ? path : $"{path}?{string.Join('&', pairs)}";
    }

    /// <summary>The query they make.</summary>
    /// <exception cref="RefusedException">A value is of no form that its filter has.</exception>
    public ServerQuery ToQuery(Session session, PatchsetUsage usage)
    {
        var search = Value(Search);
        return new ServerQuery
        {
            Search = search is null || search.Contains('%') ? search : search + "%",
            Hostname = Value("hostname"),
            Ip = Value("ip"),
            Key = Value("key") is { } key
                ? (_byKeyName ? KeyStore.NameOf(session, key) : KeyStore.NameOfId(session, key))
                : null,
            Feed = Value("feed"),
            Tag = Value("tag"),
            Condition = Condition(),
            Running = Value("patchset") is { } patchset ? usage.PairsOf(session, patchset).ToHashSet() : null,
            Registered = Age("registered_age"),
            Checkin = Age("checkin_age"),
            Updated = Age("updated_age"),
            Uptime = Uptime(),
            Profile = new ProfileFilter
            {
                Distro = Value("distro"),
                DistroVersion = Value("distro_version"),
                Release = Value("release"),
                Euname = Value("euname"),
                Machine = Value("machine"),
                Virt = Value("virt"),
                KcareVersion = Value("kcare_version"),
                Failed = Failed(),
            },
        };
    }

    private static string? FieldOrNull(string? name) => Fields.FirstOrDefault(field => field.Name == name)?.Name;

    private string? Value(string name) => this[name] is { Length: > 0 } value ? value : null;

    private ServerCondition? Condition() =>
        Value("status") switch
        {
            null => null,
            var token => ServerConditions.ParseOrNull(token)
                ?? throw new RefusedException(
                    Refusal.Invalid,
                    $"invalid status: use one of {string.Join(", ", ServerConditions.All.Select(one => one.Token))}"
                ),
        };

    private UptimeRange? Uptime() =>
        Value("uptime") switch
        {
            null => null,
            var token => UptimeRange.All.FirstOrDefault(range => range.Token == token)
                ?? throw new RefusedException(
                    Refusal.Invalid,
                    $"invalid uptime: use one of {string.Join(", ", UptimeRange.All.Select(range => range.Token))}"
                ),
        };

    private bool? Failed() =>
        Value("failed") switch
        {
            null => null,
            "yes" => true,
            "no" => false,
            _ => throw new RefusedException(Refusal.Invalid, "invalid filter for failed updates: use yes or no"),
        };

    private Period? Age(string name) =>
        Value(name) is not { } text ? null
        : Api.Age.ParseOrNull(text) is { } age ? new Period(age.Length, age.Within)
        : throw new RefusedException(Refusal.Invalid, $"invalid age '{text}': use days (3 or -3) or hours (4h)");
}
