namespace EPortal.AgentClient.Wire;

/// <summary>One file of an offered patch.</summary>
public sealed record OfferedFile
{
    /// <summary>Name without folder.</summary>
    public string Name { get; set; } = "";

    /// <summary>Size in bytes.</summary>
    public long Size { get; init; }

    /// <summary>64 lower-case hex digits.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Absolute path on the patch server: <c>/TARGET/LEVEL/NAME</c>.</summary>
    public string Url { get; set; } = "";
}
