namespace EPortal.WebConsole;

/// <summary>Which places the navigation shows that not every portal has.</summary>
/// <param name="HasReplication">Whether this portal replicates with others.</param>
internal sealed record NavPlaces(bool HasReplication)
{
    /// <summary>The page on replication.</summary>
    public const string Replication = ConsoleRoutes.Base + "/replication";
}
