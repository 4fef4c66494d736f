using System.Globalization;
using System.Text;
using EPortal.Blobs;
using Microsoft.Win32.SafeHandles;

namespace EPortal.Data;

/// <summary>How far a store has come.</summary>
/// <param name="Origin">The node's origin.</param>
/// <param name="Sequence">Its own last operation.</param>
/// <param name="Stamp">Its clock, which every commit that matters moves.</param>
/// <param name="FileMark">The mark that the program which served last has put into the database's header.</param>
internal sealed record HighWaterLevel(string Origin, long Sequence, long Stamp, uint FileMark);

/// <summary>
/// A file outside the database that says how far the database has come: <c>high-water</c> in the data folder, one line
/// of fixed length. It is written after each commit and not flushed, so it is never ahead of the database, and after a
/// power cut it may be behind; a database that is behind it is an older one.
/// </summary>
internal sealed class HighWater : IDisposable
{
    /// <summary>Name of the file in the data folder.</summary>
    public const string FileName = "high-water";

    /// <summary>The origin of a file that no database agrees with: what a restore puts in place.</summary>
    public const string NoOrigin = "000000000000";

    private const string Title = "eportal-high-water-1";
    private const int Length = 20 + 1 + 12 + 1 + 19 + 1 + 19 + 1 + 10 + 1;

    private readonly string _path;
    private readonly Lock _gate = new();
    private SafeFileHandle? _file;
    private SafeFileHandle? _written;

    /// <summary>Opens it; it need not be there.</summary>
    public HighWater(string folder) => _path = Path.Combine(folder, FileName);

    /// <summary>Tells this file from a copy of it; null when it is not there.</summary>
    public ulong? InodeOrNull => NativeFile.StampOrNull(_path)?.Inode;

    /// <summary>What it says; null when it is not there or unreadable.</summary>
    public HighWaterLevel? ReadOrNull()
    {
        if (OpenOrNull(ref _file, FileAccess.Read) is not { } file)
            return null;
        Span<byte> line = stackalloc byte[Length];
        if (RandomAccess.Read(file, line, 0) != Length)
            return null;
        var parts = Encoding.ASCII.GetString(line).TrimEnd('\n').Split(' ');
        return
            parts is [Title, var origin, var sequence, var stamp, var mark]
            && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            && uint.TryParse(mark, NumberStyles.None, CultureInfo.InvariantCulture, out var fileMark)
            ? new HighWaterLevel(origin, last, time, fileMark)
            : null;
    }

    /// <summary>Makes it where it is missing, whatever it says: its identity is wanted first.</summary>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public void Make()
    {
        if (InodeOrNull is null)
            DurableFile.WriteNew(_path, Text(new HighWaterLevel(NoOrigin, 0, 0, 0)));
    }

    /// <summary>Writes what it says, on disk when this returns.</summary>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public void Write(HighWaterLevel level)
    {
        Make();
        var file = OpenOrNull(ref _written, FileAccess.Write)!;
        RandomAccess.Write(file, Text(level), 0);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Notes a commit, unless a later one has been noted; only for a node that it belongs to.</summary>
    public void Note(Node node)
    {
        if (
            ReadOrNull() is { } known
            && known.Origin == node.Origin
            && (known.Sequence < node.Sequence || known.Stamp < node.Stamp)
        )
            // These fields alone: the mark may be another process's that is just beginning to serve.
            RandomAccess.Write(
                OpenOrNull(ref _written, FileAccess.Write)!,
                Encoding.ASCII.GetBytes(
                    Counts(Math.Max(known.Sequence, node.Sequence), Math.Max(known.Stamp, node.Stamp))
                ),
                CountsAt(known)
            );
    }

    /// <summary>Writes the mark of who serves from now on and nothing else, on disk when this returns.</summary>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public void WriteMark(uint mark)
    {
        if (ReadOrNull() is not { } known || OpenOrNull(ref _written, FileAccess.Write) is not { } file)
            return;
        RandomAccess.Write(
            file,
            Encoding.ASCII.GetBytes(mark.ToString("D10", CultureInfo.InvariantCulture)),
            CountsAt(known) + Counts(0, 0).Length + 1
        );
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>What a restore puts in place, so that the restored database takes a new origin.</summary>
    public static byte[] OfNobody() => Text(new HighWaterLevel(NoOrigin, 0, 0, 0));

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _written?.Dispose();
    }

    private SafeFileHandle? OpenOrNull(ref SafeFileHandle? kept, FileAccess access)
    {
        lock (_gate)
        {
            if (kept is null && File.Exists(_path))
                kept = File.OpenHandle(_path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
            return kept;
        }
    }

    private static byte[] Text(HighWaterLevel level) =>
        Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Title} {level.Origin} {Counts(level.Sequence, level.Stamp)} {level.FileMark:D10}\n"
            )
        );

    /// <summary>Of one length, so that each field can be written by itself.</summary>
    private static string Counts(long sequence, long stamp) =>
        string.Create(CultureInfo.InvariantCulture, $"{sequence:D19} {stamp:D19}");

    private static int CountsAt(HighWaterLevel level) => Title.Length + level.Origin.Length + 2;
}
