namespace EPortal.Cli;

/// <summary>What a <see cref="CliNoun"/> is asked to do.</summary>
internal enum CliAction
{
    /// <summary><c>list</c>, or neither verb nor flag.</summary>
    List,

    /// <summary><c>add</c> or <c>-a</c>.</summary>
    Add,

    /// <summary><c>set</c> or <c>-c</c>.</summary>
    Change,

    /// <summary><c>delete</c> or <c>-d</c>.</summary>
    Delete,
}
