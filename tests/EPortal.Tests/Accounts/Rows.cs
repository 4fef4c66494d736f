using Dapper;
using EPortal.Tests.Agents;

namespace EPortal.Tests.Accounts;

/// <summary>What stands in the tables of a portal.</summary>
internal static class Rows
{
    /// <summary>How many rows a table has.</summary>
    public static long Count(TestPortal portal, string table) =>
        portal.Portal.Database.Read(session => session.Connection.ExecuteScalar<long>($"SELECT count(*) FROM {table}"));
}
