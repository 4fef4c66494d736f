using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>
/// The programs ask for nothing newer than what the oldest supported systems have: the agent EL 7, the portal EL 8
/// (docs/operations/old-systems.md). <c>make test-old-systems</c> starts them on such a system.
/// </summary>
public sealed partial class OldSystemsTests
{
    private const string OldestForAgent = "2.17";
    private const string OldestForPortal = "2.28";

    /// <summary>Of the libraries that come with EL 8's compiler, gcc 8.</summary>
    private static readonly Dictionary<string, string> _compilerLibraries = new()
    {
        ["GLIBCXX"] = "3.4.25",
        ["CXXABI"] = "1.3.11",
        ["GCC"] = "7.0.0",
    };

    [Theory]
    [InlineData("kcarectl", OldestForAgent)]
    [InlineData("eportal", OldestForAgent)]
    [InlineData("libe_sqlite3.so", OldestForAgent)]
    [InlineData("eportal.bin", OldestForPortal)]
    public void No_symbol_is_newer_than_the_oldest_system(string file, string oldest)
    {
        var versions = SymbolVersions(file);

        versions.ShouldContain(version => version.Library == "GLIBC");
        foreach (var (library, version) in versions)
        {
            var limit = library == "GLIBC" ? oldest : _compilerLibraries[library];
            version.ShouldBeLessThanOrEqualTo(Version.Parse(limit), $"{file} asks for {library}_{version}");
        }
    }

    [Fact]
    public void Every_program_that_is_shipped_is_looked_at()
    {
        var programs = Directory.GetFiles(Programs.Folder).Where(IsElf).Select(Path.GetFileName);

        programs.ShouldBe(["kcarectl", "eportal", "kc.eportal", "libe_sqlite3.so", "eportal.bin"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("kcarectl")]
    [InlineData("eportal")]
    [InlineData("libe_sqlite3.so")]
    public void What_is_linked_here_needs_the_C_library_alone(string file) =>
        NeededLine()
            .Matches(Shell.Run("readelf", "-dW", Path.Combine(Programs.Folder, file)))
            .Select(match => match.Groups[1].Value)
            .Except(["libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1", "ld-linux-x86-64.so.2"])
            .ShouldBeEmpty();

    /// <summary>The drivers are made for NuGet's library, and the tests look into stores with it.</summary>
    [Fact]
    public void SQLite_has_all_that_the_library_in_NuGet_has()
    {
        var (version, options) = SqliteOf(Path.Combine(Programs.Folder, "libe_sqlite3.so"));
        var (_, expected) = SqliteOf("e_sqlite3");

        version.ShouldBeGreaterThanOrEqualTo(new Version(3, 51, 3));
        expected
            .Where(option => !option.StartsWith("COMPILER=", StringComparison.Ordinal))
            .Except(options)
            .ShouldBeEmpty();
    }

    private static List<(string Library, Version Version)> SymbolVersions(string file) =>
        VersionNeed()
            .Matches(Shell.Run("readelf", "-VW", Path.Combine(Programs.Folder, file)))
            .Select(match => (match.Groups[1].Value, Version.Parse(match.Groups[2].Value)))
            .Distinct()
            .ToList();

    private static bool IsElf(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual("\u007fELF"u8);
    }

    private static (Version Version, List<string> Options) SqliteOf(string library)
    {
        var handle = NativeLibrary.Load(library, typeof(OldSystemsTests).Assembly, null);
        var version = Function<LibraryVersion>(handle, "sqlite3_libversion");
        var option = Function<CompileOption>(handle, "sqlite3_compileoption_get");
        var options = Enumerable
            .Range(0, int.MaxValue)
            .Select(number => Marshal.PtrToStringUTF8(option(number)))
            .TakeWhile(text => text is not null)
            .OfType<string>()
            .ToList();
        return (Version.Parse(Marshal.PtrToStringUTF8(version())!), options);
    }

    private static T Function<T>(nint library, string name) =>
        Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint LibraryVersion();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint CompileOption(int number);

    /// <summary>A line of <c>readelf -V</c>: <c>0x0010:   Name: GLIBC_2.2.5  Flags: none  Version: 2</c>.</summary>
    [GeneratedRegex(@"^ +0x[0-9a-f]+: +Name: (GLIBC|GLIBCXX|CXXABI|GCC)_([0-9.]+) +Flags", RegexOptions.Multiline)]
    private static partial Regex VersionNeed();

    [GeneratedRegex(@"\(NEEDED\) .*\[(.+)\]")]
    private static partial Regex NeededLine();
}
