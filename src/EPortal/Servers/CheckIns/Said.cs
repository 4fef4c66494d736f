using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>When and where a host said something new.</summary>
/// <param name="At">When, in Unix microseconds.</param>
/// <param name="Stamp">Stamp and node of the check-in.</param>
internal readonly record struct Said(long At, Stamp Stamp);
