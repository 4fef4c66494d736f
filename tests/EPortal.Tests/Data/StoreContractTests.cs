using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

public sealed class StoreContractTests
{
    private static readonly Type[] s_types = typeof(StoreContract).Assembly.GetTypes();

    [Fact]
    public void Every_suite_runs_on_every_database()
    {
        var suites = s_types.Where(type => type.IsAbstract && type.IsSubclassOf(typeof(StoreContract))).ToList();
        var databases = s_types.Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(TestDatabase))).ToList();

        var runs = s_types
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(StoreContract)))
            .Select(type =>
                $"{type.BaseType!.Name} on {((StoreContract)Activator.CreateInstance(type)!).Kind.GetType().Name}"
            );

        suites.ShouldNotBeEmpty();
        runs.ShouldBe(
            suites.SelectMany(suite => databases.Select(database => $"{suite.Name} on {database.Name}")),
            ignoreOrder: true
        );
    }
}
