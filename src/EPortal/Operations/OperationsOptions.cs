using System.Net;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>What metrics and health have to know of the settings.</summary>
/// <param name="Token">Token that admits to the metrics; null for none.</param>
/// <param name="Networks">Where they may be read from without it.</param>
/// <param name="MinFreeBytes">With less free space the portal is not ready.</param>
/// <param name="DataFolder">Folder of the database.</param>
/// <param name="PatchesFolder">Folder of the patches.</param>
/// <param name="Source">The patch source.</param>
/// <param name="ServerStatsPeriod">How often servers are counted for charts; null for never.</param>
internal sealed record OperationsOptions(
    string? Token,
    IReadOnlyList<IPNetwork> Networks,
    long MinFreeBytes,
    string DataFolder,
    string PatchesFolder,
    PatchSourceManager Source,
    TimeSpan? ServerStatsPeriod = null
);
