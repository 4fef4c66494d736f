using System.Buffers.Binary;
using System.Data.Common;
using System.Runtime.InteropServices;
using EPortal.Blobs;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EPortal.Data.Sqlite;

/// <summary>
/// Notices that the file of an open database was deleted, replaced by another, or overwritten where it lies. Whoever
/// serves puts a mark into the header (<c>PRAGMA user_version</c>), another at each start; copies bear none. It is read
/// through SQLite's own handle: a file of our own on the database would, when closed, take SQLite's locks away.
/// </summary>
/// <param name="connection">An open connection that serves for nothing else; it is not disposed.</param>
/// <param name="water">Where the mark that counts is written down.</param>
/// <param name="path">The database.</param>
internal sealed unsafe partial class SqliteFileWatch(DbConnection connection, HighWater water, string path)
{
    /// <summary>Where the mark lies in the header, 4 bytes, big-endian.</summary>
    public const int MarkAt = 60;

    private const int HeaderSize = 100;
    private const int FilePointer = 7; // SQLITE_FCNTL_FILE_POINTER
    private const int HasMoved = 20; // SQLITE_FCNTL_HAS_MOVED
    private const int ReadCall = 2; // xRead in sqlite3_io_methods, in pointers
    private const int NoCheckpointOnClose = 1006; // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
    private const int ShortRead = 10 | (2 << 8); // SQLITE_IOERR_SHORT_READ

    private readonly Lock _gate = new();
    private readonly string _log = path + "-wal";
    private ulong? _logInode;
    private uint? _mark;

    private nint Handle => ((SqliteConnection)connection).Handle!.DangerousGetHandle();

    /// <summary>
    /// Whether database and log are the files that were opened, with what was in them then and was committed since.
    /// </summary>
    public bool IsSame()
    {
        lock (_gate)
        {
            // As long as somebody has it open the log is neither deleted nor made anew.
            var inode = NativeFile.StampOrNull(_log)?.Inode;
            _logInode ??= inode;
            return inode == _logInode && IsDatabaseSame();
        }
    }

    /// <summary>The same for the database without its log.</summary>
    public bool IsDatabaseSame()
    {
        lock (_gate)
        {
            var moved = 0;
            if (sqlite3_file_control(Handle, "main", HasMoved, (nint)(&moved)) != 0 || moved != 0)
                return false;
            if (ReadOrNull() is not { } mark)
                return false;
            _mark ??= mark;
            if (mark == _mark)
                return true;
            // Another process began to serve, or this one did.
            if (water.ReadOrNull()?.FileMark != mark)
                return false;
            _mark = mark;
            return true;
        }
    }

    /// <summary>
    /// Closes the connection without taking the log in, as the last one would: what it knows of the log is not of the
    /// file that is there now.
    /// </summary>
    public void LeaveFileAlone() =>
        raw.sqlite3_db_config(((SqliteConnection)connection).Handle!, NoCheckpointOnClose, 1, out _);

    /// <summary>Puts a mark into the header, on a connection that may write.</summary>
    public static void Set(DbConnection writer, uint mark)
    {
        using var command = writer.CreateCommand();
        foreach (
            var statement in (string[])
                [FormattableString.Invariant($"PRAGMA user_version={(int)mark}"), "PRAGMA wal_checkpoint(PASSIVE)"]
        )
        {
            command.CommandText = statement;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>
    /// The mark in the file; null when it is no database any more. A new one is empty until its log is taken in.
    /// </summary>
    private uint? ReadOrNull()
    {
        void** file;
        var header = stackalloc byte[HeaderSize];
        if (sqlite3_file_control(Handle, "main", FilePointer, (nint)(&file)) != 0 || *file is null)
            return null;
        var read = (delegate* unmanaged[Cdecl]<void**, void*, int, long, int>)((void**)*file)[ReadCall];
        return read(file, header, HeaderSize, 0) switch
        {
            ShortRead => 0,
            0 when SqliteCopy.IsDatabase(new ReadOnlySpan<byte>(header, HeaderSize)) =>
                BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(header + MarkAt, sizeof(uint))),
            _ => null,
        };
    }

    [LibraryImport("e_sqlite3", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static partial int sqlite3_file_control(nint database, string name, int operation, nint argument);
}
