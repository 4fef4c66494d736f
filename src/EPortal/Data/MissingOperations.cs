using Dapper;

namespace EPortal.Data;

/// <summary>Operations that another node lacks.</summary>
/// <param name="Operations">In the order of each origin; bounded.</param>
/// <param name="HasMore">Whether there are more.</param>
/// <param name="IsGap">Whether some that it lacks have been deleted here, so that both have to be merged in
/// full.</param>
internal sealed record MissingOperations(IReadOnlyList<OperationRow> Operations, bool HasMore, bool IsGap)
{
    /// <summary>Finds them by the other's version vector.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="has">The last sequence that the other has of each origin.</param>
    /// <param name="most">So many at the most.</param>
    /// <param name="mostCharacters">And so many characters of content, but for the last one.</param>
    public static MissingOperations Read(
        Session session,
        IReadOnlyDictionary<string, long> has,
        int most,
        long mostCharacters
    )
    {
        var found = new List<OperationRow>();
        var (characters, hasMore) = (0L, false);
        foreach (var origin in Behind(session, has))
        {
            if (origin.Has < origin.KeptFrom - 1)
                return new MissingOperations([], HasMore: false, IsGap: true);
            if (hasMore)
                continue;
            foreach (var operation in Of(session, origin, most + 1 - found.Count))
            {
                if (found.Count == most || characters > mostCharacters)
                {
                    hasMore = true;
                    break;
                }

                found.Add(operation);
                characters += operation.Content.Length;
            }
        }

        return new MissingOperations(found, hasMore, IsGap: false);
    }

    private static List<Origin> Behind(Session session, IReadOnlyDictionary<string, long> has) =>
        [
            .. session
                .Connection.Query<(string Name, long Sequence, long KeptFrom)>(
                    "SELECT origin, sequence, kept_from FROM version_vector ORDER BY origin"
                )
                .Where(row => row.Sequence > has.GetValueOrDefault(row.Name))
                .Select(row => new Origin(row.Name, has.GetValueOrDefault(row.Name), row.KeptFrom)),
        ];

    private static IEnumerable<OperationRow> Of(Session session, Origin origin, int most) =>
        session.Connection.Query<OperationRow>(
            """
            SELECT origin, sequence, stamp, prev_hash, entity, content FROM operation
            WHERE origin = @Name AND sequence > @Has ORDER BY sequence LIMIT @most
            """,
            new
            {
                origin.Name,
                origin.Has,
                most,
            },
            buffered: false
        );

    private sealed record Origin(string Name, long Has, long KeptFrom);
}
