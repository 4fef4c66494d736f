using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.Blobs;
using EPortal.Data;

namespace EPortal.Backup;

/// <summary>One file that changes place.</summary>
/// <param name="Staged">Where the new one lies; null when the old one only goes.</param>
/// <param name="Final">Where it belongs.</param>
/// <param name="Kept">Where the old one goes; on the same file system as <paramref name="Final"/>.</param>
internal sealed record RestoreMove(string? Staged, string Final, string Kept);

/// <summary>
/// Puts restored files in place so that a crash leaves all of the old or all of the new. Once the list of moves is on
/// disk the restore is decided: whoever opens the data folder next carries out what is left, before anything else.
/// Each move is a rename and can be done again.
/// </summary>
/// <param name="Moves">The files, in this order.</param>
/// <param name="ForgetsRuntimeSettings">Whether the database that stays forgets what was set at run time, so that the
/// restored copy of it counts.</param>
internal sealed record RestoreJournal(IReadOnlyList<RestoreMove> Moves, bool ForgetsRuntimeSettings)
{
    /// <summary>Folder in the data folder for the list and for what is staged.</summary>
    public const string Folder = ".restore";

    /// <summary>Ending of a file that is staged outside the data folder.</summary>
    public const string OutsideEnding = ".restore";

    private const string FileName = "moves.json";

    /// <summary>Holds the path of the file that is staged outside.</summary>
    private const string OutsideName = "outside";
    private const int MaxBytes = 64 << 20;

    /// <summary>Decides the restore, then carries it out. The caller has the data folder alone.</summary>
    /// <exception cref="IOException">The disk failed or is full; if it was decided, it is finished at the next
    /// opening.</exception>
    public void Carry(string data)
    {
        DurableFile.Write(PathIn(data), JsonSerializer.SerializeToUtf8Bytes(this, RestoreJson.Default.RestoreJournal));
        Finish(data);
    }

    /// <summary>
    /// Notes where a file is going to be staged outside, so that it goes too if the restore is killed.
    /// </summary>
    public static void NoteOutside(string data, string path) =>
        DurableFile.Write(Path.Combine(data, Folder, OutsideName), Encoding.UTF8.GetBytes(path));

    /// <summary>Whether a restore was decided and not finished.</summary>
    public static bool IsDecided(string data) => File.Exists(PathIn(data));

    /// <summary>
    /// Finishes a restore that was decided, or deletes what one that was not has staged. The caller has the data folder
    /// alone.
    /// </summary>
    /// <returns>Whether there was one to finish.</returns>
    /// <exception cref="IOException">The disk failed, or a file cannot be moved.</exception>
    public static bool Finish(string data)
    {
        var decided = IsDecided(data);
        if (decided)
        {
            if (new FileInfo(PathIn(data)).Length > MaxBytes)
                throw new IOException($"{PathIn(data)} is larger than {MaxBytes} bytes");
            var journal = JsonSerializer.Deserialize(
                File.ReadAllBytes(PathIn(data)),
                RestoreJson.Default.RestoreJournal
            )!;
            foreach (var move in journal.Moves)
                Do(move);
            var folders = journal
                .Moves.SelectMany(move => new[] { move.Final, move.Kept })
                .Select(path => Path.GetDirectoryName(path)!)
                .Distinct();
            foreach (var folder in folders.Where(Directory.Exists))
                DurableFile.SyncFolder(folder);
            if (journal.ForgetsRuntimeSettings && Database.IsIn(data))
                RuntimeSettings.Forget(data);
            File.Delete(PathIn(data));
            DurableFile.SyncFolder(Path.Combine(data, Folder));
        }

        DeleteOutside(Path.Combine(data, Folder, OutsideName));
        if (Directory.Exists(Path.Combine(data, Folder)))
            Directory.Delete(Path.Combine(data, Folder), recursive: true);
        return decided;
    }

    /// <summary>Where the list lies.</summary>
    public static string PathIn(string data) => Path.Combine(data, Folder, FileName);

    private static void DeleteOutside(string note)
    {
        if (!File.Exists(note))
            return;
        var path = File.ReadAllText(note);
        if (!path.EndsWith(OutsideEnding, StringComparison.Ordinal))
            return;
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its folder is another user's by now; the portal must start all the same.
        }
    }

    private static void Do(RestoreMove move)
    {
        // What is staged is gone from there when it is in place; then the old one is kept already.
        if (move.Staged is { } staged && !File.Exists(staged))
            return;
        if (File.Exists(move.Final))
        {
            Directory.CreateDirectory(
                Path.GetDirectoryName(move.Kept)!,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
            File.Move(move.Final, move.Kept, overwrite: true);
        }

        if (move.Staged is null)
            return;
        Directory.CreateDirectory(
            Path.GetDirectoryName(move.Final)!,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
        File.Move(move.Staged, move.Final);
    }
}

/// <summary>Its JSON.</summary>
[JsonSerializable(typeof(RestoreJournal))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class RestoreJson : JsonSerializerContext;
