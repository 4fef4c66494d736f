using System.Text;

namespace EPortal.EndToEnd;

/// <summary>What a command ended with: its exit code and all it wrote.</summary>
internal sealed record CommandResult(int ExitCode, byte[] Output, byte[] Errors)
{
    /// <summary>Standard output as UTF-8 text.</summary>
    public string Stdout => Encoding.UTF8.GetString(Output);

    /// <summary>Standard error as UTF-8 text.</summary>
    public string Stderr => Encoding.UTF8.GetString(Errors);

    public override string ToString() => $"exit code {ExitCode}\n{Stdout}{Stderr}";
}
