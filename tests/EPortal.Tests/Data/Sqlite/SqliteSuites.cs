using EPortal.Tests.Feeds;
using EPortal.Tests.Operations;
using EPortal.Tests.Servers;
using EPortal.Tests.Servers.CheckIns;
using EPortal.Tests.Servers.Search;

// All suites of the store on SQLite; a test (StoreContractTests) fails when one is missing.
namespace EPortal.Tests.Data.Sqlite;

public sealed class SqliteChangeLogTests() : ChangeLogContract(SqliteTestDatabase.Instance);

public sealed class SqliteCommitTests() : CommitContract(SqliteTestDatabase.Instance);

public sealed class SqliteConvergenceTests() : ConvergenceContract(SqliteTestDatabase.Instance);

public sealed class SqliteReplicationRulesTests() : ReplicationRulesContract(SqliteTestDatabase.Instance);

public sealed class SqliteSameNameTests() : SameNameContract(SqliteTestDatabase.Instance);

public sealed class SqliteSamePatchsetTests() : SamePatchsetContract(SqliteTestDatabase.Instance);

public sealed class SqliteRetentionTests() : RetentionContract(SqliteTestDatabase.Instance);

public sealed class SqliteRolloutModelTests() : RolloutModelContract(SqliteTestDatabase.Instance);

public sealed class SqliteRegistrationTests() : RegistrationContract(SqliteTestDatabase.Instance);

public sealed class SqliteServerCacheTests() : ServerCacheContract(SqliteTestDatabase.Instance);

public sealed class SqliteCheckInTests() : CheckInContract(SqliteTestDatabase.Instance);

public sealed class SqliteCheckInExchangeTests() : CheckInExchangeContract(SqliteTestDatabase.Instance);

public sealed class SqliteCheckInFlusherTests() : CheckInFlusherContract(SqliteTestDatabase.Instance);

public sealed class SqliteLoggedCheckInTests() : LoggedCheckInContract(SqliteTestDatabase.Instance);

public sealed class SqliteSearchBacklogTests() : SearchBacklogContract(SqliteTestDatabase.Instance);

public sealed class SqliteSearchProjectionTests() : SearchProjectionContract(SqliteTestDatabase.Instance);

public sealed class SqliteInactiveServersTests() : InactiveServersContract(SqliteTestDatabase.Instance);
