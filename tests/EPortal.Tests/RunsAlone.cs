using Xunit;

namespace EPortal.Tests;

/// <summary>Tests that compare what happens at the same time, and are run after the others, one by one.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunsAlone
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "runs alone";
}
