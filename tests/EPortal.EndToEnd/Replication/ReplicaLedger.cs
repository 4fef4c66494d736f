using Shouldly;

namespace EPortal.EndToEnd.Replication;

/// <summary>
/// What clients of two nodes were told. What was acknowledged at either node must be at both in the end; what was not
/// may be there or not, but at both or at neither.
/// </summary>
internal sealed class ReplicaLedger
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _feeds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Known, int Sent)> _hosts = new(StringComparer.Ordinal);

    /// <summary>Acknowledgements so far.</summary>
    public int Acknowledged { get; private set; }

    public void Registered(string id)
    {
        lock (_gate)
        {
            _hosts.Add(id, (0, 0));
            Acknowledged++;
        }
    }

    /// <summary>The number of a host's next check-in, which is about to be sent.</summary>
    public int Sending(string id)
    {
        lock (_gate)
        {
            var (known, sent) = _hosts[id];
            _hosts[id] = (known, sent + 1);
            return sent + 1;
        }
    }

    public void CheckedIn(string id, int number)
    {
        lock (_gate)
        {
            _hosts[id] = (number, _hosts[id].Sent);
            Acknowledged++;
        }
    }

    public void FeedAdded(string name)
    {
        lock (_gate)
        {
            _feeds.Add(name);
            Acknowledged++;
        }
    }

    /// <summary>Waits until both nodes have all of it, and the same.</summary>
    public async Task ShouldBeAtBothAsync(IReadOnlyList<Replica> nodes)
    {
        await Replica.HaveSettledAsync(nodes);
        IReadOnlyList<string> wrong = [];
        try
        {
            await Eventually.IsTrueAsync(
                "both nodes have what was acknowledged",
                () => Task.FromResult((wrong = Wrong(nodes)).Count == 0),
                TimeSpan.FromMilliseconds(200),
                Replica.Patience
            );
        }
        catch (TimeoutException)
        {
            wrong.ShouldBeEmpty();
        }

        lock (_gate)
        {
            // What was in doubt is decided now.
            foreach (var (id, level) in Levels(nodes[0]))
                _hosts[id] = (level, level);
        }
    }

    private static Dictionary<string, int> Levels(Replica node) =>
        node.Texts(
                "SELECT s.server_id || ' ' || coalesce(f.patch_level, 0) FROM server s LEFT JOIN server_facts f ON f.server = s.local"
            )
            .Select(row => row.Split(' '))
            .ToDictionary(
                row => row[0],
                row => int.Parse(row[1], System.Globalization.CultureInfo.InvariantCulture),
                StringComparer.Ordinal
            );

    private List<string> Wrong(IReadOnlyList<Replica> nodes)
    {
        var (levels, feeds) = (
            nodes.Select(Levels).ToList(),
            nodes.Select(node => node.Texts("SELECT name FROM feed").ToHashSet(StringComparer.Ordinal)).ToList()
        );
        var wrong = new List<string>();
        lock (_gate)
        {
            for (var n = 0; n < nodes.Count; n++)
            {
                wrong.AddRange(_feeds.Where(feed => !feeds[n].Contains(feed)).Select(feed => $"{n} lacks feed {feed}"));
                foreach (var (id, (known, sent)) in _hosts)
                {
                    if (!levels[n].TryGetValue(id, out var level))
                        wrong.Add($"{n} lacks host {id}");
                    else if (level < known || level > sent)
                        wrong.Add($"{n} has check-in {level} of {id}, of which {known} was taken and {sent} sent");
                }
            }
        }

        wrong.AddRange(
            levels[0]
                .Where(host => levels[1].GetValueOrDefault(host.Key, -1) != host.Value)
                .Select(host =>
                    $"0 has check-in {host.Value} of {host.Key}, 1 has {levels[1].GetValueOrDefault(host.Key, -1)}"
                )
        );
        return wrong;
    }
}
