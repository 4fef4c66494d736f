using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EPortal.Cli;

/// <summary>Options of a command that deletes something: <c>--yes</c>, <c>--dry-run</c> and <c>--json</c>.</summary>
internal sealed record CliDeletion(CliContext Context, bool Yes, bool IsDry, bool AsJson)
{
    /// <summary>How the outcome is told of one thing.</summary>
    public string Was => IsDry ? "would be" : "was";

    /// <summary>How the outcome is told of so many things.</summary>
    public string Were(long count) =>
        IsDry ? "would be"
        : count == 1 ? "was"
        : "were";

    /// <summary>
    /// Tells what was deleted, for people or for programs: as it was, and with <c>dry_run</c> where it still is.
    /// </summary>
    public void Result<T>(T deleted, JsonTypeInfo<T> type, string sentence)
    {
        if (!AsJson || !IsDry)
        {
            Context.Result(AsJson, deleted, type, sentence);
            return;
        }

        var row = JsonSerializer.SerializeToNode(deleted, type)!.AsObject();
        row.Add("dry_run", true);
        Context.Json(writer => row.WriteTo(writer));
    }

    /// <summary>Asks and does it; in a dry run neither, and what is expected to come of it is given back.</summary>
    /// <param name="question">What is asked first.</param>
    /// <param name="unattended">Whether it is done without asking where there is no terminal.</param>
    /// <param name="expected">What would come of it.</param>
    /// <param name="delete">Does it.</param>
    /// <exception cref="CliException">The answer is no, or there is nobody to ask.</exception>
    public async Task<T> Run<T>(string question, bool unattended, T expected, Func<Task<T>> delete)
    {
        if (IsDry)
            return expected;
        await Context.ConfirmAsync(question, Yes, unattended);
        return await delete();
    }
}
