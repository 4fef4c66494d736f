using EPortal.Api;

namespace EPortal.Replication;

/// <summary>The API's call on the state of replication.</summary>
internal static class ReplicationStatusEndpoint
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapApi(
            HttpMethods.Get,
            "/replication",
            ApiRole.Reader,
            "Show the state of replication with other nodes",
            ReplicationReport (ReplicationStatus status) => ReplicationReport.Of(status)
        );
}
