using System.CommandLine;
using EPortal.Cli;

namespace EPortal.Tests.Cli;

/// <summary>Runs a command line in this process, as a pipe or as a terminal would see it.</summary>
internal sealed class CliRunner(Func<CliContext, Command> root)
{
    /// <summary>Knows no settings file, so that this machine's own cannot disturb.</summary>
    public Dictionary<string, string> Environment { get; } =
        new(StringComparer.Ordinal) { ["EPORTAL_CONFIG"] = "/dev/null" };

    public bool IsTerminal { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public CancellationToken Cancellation { get; init; }

    /// <summary>What commands wrote to standard output as bytes.</summary>
    public MemoryStream Bytes { get; } = new();

    public async Task<(int Exit, string Out, string Err)> RunAsync(string[] args, string stdin = "")
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var input = new StringReader(stdin);
        var context = new CliContext
        {
            Out = output,
            Error = error,
            In = input,
            OpenOutput = () => new KeptOpenStream(Bytes),
            OutIsTerminal = IsTerminal,
            ErrorIsTerminal = IsTerminal,
            InIsTerminal = IsTerminal,
            ReadHidden = () => input.ReadLine() ?? "",
            Environment = Environment,
            Time = Time,
            Cancellation = Cancellation,
        };
        var exit = await CliApp.RunAsync(root(context), args, context);
        return (exit, output.ToString(), error.ToString());
    }
}

/// <summary>A stream in memory that stays when it is disposed.</summary>
internal sealed class KeptOpenStream(MemoryStream inner) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
}
