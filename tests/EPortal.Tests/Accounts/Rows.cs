using Dapper;
using EPortal.Accounts;
using EPortal.Data;
using EPortal.Tests.Agents;

namespace EPortal.Tests.Accounts;

/// <summary>What stands in the tables of a portal.</summary>
internal static class Rows
{
    /// <summary>A local user as an older version made it, whatever the name.</summary>
    public static Task<string> AddOldUser(TestPortal portal, string name, string password) =>
        portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
            {
                change.Note("user.add", name);
                return change.Create(
                    User.Entity,
                    new Fields
                    {
                        { "name", name },
                        { "description", "" },
                        { "password", PasswordHash.Make(password, TestPortal.CheapHash) },
                        { "admin", true },
                    }
                );
            }
        );

    /// <summary>How many rows a table has.</summary>
    public static long Count(TestPortal portal, string table) =>
        portal.Portal.Database.Read(session => session.Connection.ExecuteScalar<long>($"SELECT count(*) FROM {table}"));
}
