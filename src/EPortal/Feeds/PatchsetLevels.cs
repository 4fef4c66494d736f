using Dapper;
using EPortal.Data;

namespace EPortal.Feeds;

/// <summary>
/// Which targets each patchset holds, at which level: what is needed to compare patchsets, without their files. It
/// never changes, so it is read once a patchset and kept.
/// </summary>
internal sealed class PatchsetLevels
{
    private readonly Lock _reading = new();
    private readonly Dictionary<string, IReadOnlyDictionary<string, long>> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _targets = new(StringComparer.Ordinal);

    /// <summary>The level of each target that a patchset holds; none while the patchset is not here.</summary>
    public IReadOnlyDictionary<string, long> Of(Session session, string patchsetId)
    {
        // Held while reading on purpose: all callers that wait here would read the same.
        lock (_reading)
        {
            if (_known.TryGetValue(patchsetId, out var levels))
                return levels;
            levels = Read(session, patchsetId);
            if (levels.Count > 0)
                _known.Add(patchsetId, levels);
            return levels;
        }
    }

    /// <summary>Forgets the patchsets that are gone.</summary>
    public void Keep(IReadOnlySet<string> patchsetIds)
    {
        lock (_reading)
        {
            foreach (var gone in _known.Keys.Where(id => !patchsetIds.Contains(id)).ToList())
                _known.Remove(gone);
            if (_known.Count == 0)
                _targets.Clear();
        }
    }

    /// <summary>One text a target, for the same target is in many patchsets.</summary>
    private Dictionary<string, long> Read(Session session, string patchsetId)
    {
        var levels = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (
            var (target, level) in session.Connection.Query<(string, long)>(
                "SELECT target, level FROM patchset_target WHERE patchset = @patchsetId",
                new { patchsetId },
                buffered: false
            )
        )
        {
            if (!_targets.TryGetValue(target, out var known))
                _targets.Add(target, known = target);
            levels.Add(known, level);
        }

        return levels;
    }
}
