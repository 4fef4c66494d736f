using System.Data.Common;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.Data.Sqlite;

namespace EPortal.Data.Sqlite;

/// <summary>
/// The header of the write-ahead log's index (https://www.sqlite.org/walformat.html, 2.1), which every commit of every
/// process rewrites in memory that they share before it returns. SQLite has it mapped, so it is read where it lies; a
/// file of our own on it would, when closed, take SQLite's locks away.
/// </summary>
internal sealed unsafe partial class WalIndex : IDisposable
{
    private const int FilePointer = 7; // SQLITE_FCNTL_FILE_POINTER
    private const int ShmMap = 13; // xShmMap in sqlite3_io_methods, in pointers
    private const int RegionSize = 32 * 1024;

    private readonly DbConnection _connection;
    private readonly byte* _header;

    /// <summary>Finds it. The connection keeps it mapped and serves for nothing else.</summary>
    /// <exception cref="StoreException">It is not where it must be.</exception>
    public WalIndex(DbConnection connection)
    {
        _connection = connection;
        using (var look = connection.CreateCommand())
        {
            look.CommandText = "SELECT count(*) FROM node";
            look.ExecuteScalar();
        }

        void** file;
        void* region = null;
        var handle = ((SqliteConnection)connection).Handle!.DangerousGetHandle();
        if (sqlite3_file_control(handle, "main", FilePointer, (nint)(&file)) == 0 && *file is not null)
        {
            var map = (delegate* unmanaged[Cdecl]<void**, int, int, int, void**, int>)((void**)*file)[ShmMap];
            if (map(file, 0, RegionSize, 0, &region) != 0)
                region = null;
        }

        _header = (byte*)region;
        if (_header is null)
            throw new StoreException(StoreError.Unusable, "cannot map the index of the database's write-ahead log");
    }

    /// <summary>The mark of the state that a reader would see now.</summary>
    public CommitMark Read() =>
        new(Vector128.Load(_header), Vector128.Load(_header + 16), Vector128.Load(_header + 32));

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    [LibraryImport("e_sqlite3", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static partial int sqlite3_file_control(nint database, string name, int operation, nint argument);
}
