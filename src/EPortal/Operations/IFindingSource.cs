namespace EPortal.Operations;

/// <summary>Something that finds what an administrator should know, at little cost.</summary>
internal interface IFindingSource
{
    /// <summary>What it found now.</summary>
    IEnumerable<Finding> Look();
}
