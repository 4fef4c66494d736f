using System.Globalization;

namespace Kcarectl.Kernel;

/// <summary>Names tasks that hold a transition back.</summary>
internal static class TransitionBlockers
{
    private const int Shown = 3;

    /// <summary>An extra sentence, or nothing where no task can be named.</summary>
    public static string Describe(LivepatchKernel kernel)
    {
        var tasks = kernel.TaskStates();
        // The side with fewer tasks is the one that has not moved.
        var late = tasks.Where(t => t.State >= 0).GroupBy(t => t.State).OrderBy(g => g.Count()).ToArray();
        if (late.Length < 2)
            return "";
        var names = late[0].Take(Shown).Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Name} ({t.Id})"));
        return $"; held back by {string.Join(", ", names)}{(late[0].Count() > Shown ? " and others" : "")}";
    }
}

/// <summary>A task's side in a transition: 0 old, 1 new, -1 none.</summary>
internal sealed record TaskPatchState(int Id, string Name, int State);
