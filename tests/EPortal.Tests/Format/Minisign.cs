using System.Diagnostics;
using EPortal.Tests.Hosting;

namespace EPortal.Tests.Format;

/// <summary>Drives the <c>minisign</c> program in a folder of its own.</summary>
internal sealed class Minisign : IDisposable
{
    private readonly TempFolder _folder = new();

    public string PathOf(string name) => _folder.File(name);

    public string Read(string name) => File.ReadAllText(PathOf(name));

    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    public void Write(string name, byte[] content) => File.WriteAllBytes(PathOf(name), content);

    /// <summary>Runs it; what it asks for a password gets <paramref name="input"/>.</summary>
    public (int Exit, string Text) Run(string input, params string[] args)
    {
        using var process = Process.Start(
            new ProcessStartInfo("minisign", args)
            {
                WorkingDirectory = _folder.Path,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    /// <summary>Runs it where it must succeed.</summary>
    public string Do(params string[] args) =>
        Run("", args) is (0, var text)
            ? text
            : throw new InvalidOperationException($"minisign {string.Join(' ', args)}: {Run("", args)}");

    /// <summary>Whether it takes a signature.</summary>
    public bool Accepts(string file, string signature, string publicKey) =>
        Run("", "-V", "-m", file, "-x", signature, "-p", publicKey).Exit == 0;

    public void Dispose() => _folder.Dispose();
}
