namespace EPortal.Format;

/// <summary>Names of the states of a patchset in a repository.</summary>
public static class RepositoryStates
{
    /// <summary><c>available</c>, <c>withdrawn</c> or <c>blocked</c>.</summary>
    public static string Token(this RepositoryState state) =>
        state switch
        {
            RepositoryState.Available => "available",
            RepositoryState.Withdrawn => "withdrawn",
            _ => "blocked",
        };

    /// <summary>Reads what <see cref="Token"/> writes; false for anything else.</summary>
    public static bool TryParse(string token, out RepositoryState state)
    {
        state = Enum.GetValues<RepositoryState>().FirstOrDefault(known => known.Token() == token);
        return state.Token() == token;
    }
}
