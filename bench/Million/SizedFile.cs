namespace Bench.Million;

/// <summary>A patch file of one size, from those of real live patches to what hardly counts.</summary>
/// <param name="Name">The size, as the report says it.</param>
/// <param name="Target">Fills the target's id.</param>
/// <param name="Bytes">The size in bytes.</param>
internal sealed record SizedFile(string Name, char Target, int Bytes)
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyList<SizedFile> All { get; } =
    [
        new("4 KiB file", 'd', 4 << 10),
        new("16 KiB file", '1', 16 << 10),
        new("64 KiB file", '2', 64 << 10),
        new("256 KiB file", '3', 256 << 10),
        new("1 MiB file", 'e', 1 << 20),
    ];

    /// <summary>The patchset that holds it.</summary>
    public string Patchset => $"F{Bytes}";

    /// <summary>Its target.</summary>
    public string TargetId => new(Target, 40);

    /// <summary>A request for it.</summary>
    public byte[] Request => Requests.File($"/{TargetId}/1/kpatch.bin");
}
