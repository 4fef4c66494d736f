using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using EPortal.Data;

namespace EPortal.Operations.Reports;

/// <summary>A way of sending a report was not to be had; the message is one sentence.</summary>
internal sealed class ReportException(string message, Exception? inner = null) : UserFacingException(message, inner);

/// <summary>Mails reports with the machine's <c>sendmail</c>, which knows how mail leaves this network.</summary>
internal sealed class ReportMail(ReportOptions options, TimeProvider time)
{
    private const string Name = "sendmail";
    private const int MaxError = 4096;

    /// <summary>Variables that hold settings, and so secrets.</summary>
    private const string OwnVariables = "EPORTAL_";

    /// <summary>How long the program may take.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Mails a report; done when <c>sendmail</c> has taken it over.</summary>
    /// <exception cref="ReportException">There is no such program, or it failed.</exception>
    public async Task Send(string to, long number, string json, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        using var program = Start();
        try
        {
            var error = ReadError(program.StandardError, either.Token);
            var output = program.StandardOutput.BaseStream.CopyToAsync(Stream.Null, either.Token);
            await Write(program, Letter(to, number, json), either.Token);
            await Task.WhenAll(error, output);
            await program.WaitForExitAsync(either.Token);
            if (program.ExitCode != 0)
                throw new ReportException($"{Name} failed with exit code {program.ExitCode}{await error}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ReportException($"{Name} did not end within {s_patience.TotalSeconds:0} seconds");
        }
        finally
        {
            if (!program.HasExited)
                program.Kill(entireProcessTree: true);
        }
    }

    private string Letter(string to, long number, string json) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"To: {to}\nSubject: ePortal usage report {number} of {options.Instance}\nAuto-Submitted: auto-generated\n"
        )
        + "MIME-Version: 1.0\nContent-Type: application/json\nContent-Transfer-Encoding: 7bit\n\n"
        + json
        + "\n";

    private Process Start()
    {
        var path =
            options
                .ProgramPath.Split(':', StringSplitOptions.RemoveEmptyEntries)
                .Where(Path.IsPathRooted)
                .Select(folder => Path.Combine(folder, Name))
                .FirstOrDefault(File.Exists)
            ?? throw new ReportException($"no {Name} on this machine to mail the report with");
        var start = new ProcessStartInfo(path, ["-t", "-oi"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (
            var secret in start
                .Environment.Keys.Where(name => name.StartsWith(OwnVariables, StringComparison.Ordinal))
                .ToList()
        )
            start.Environment.Remove(secret);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new ReportException($"cannot start {path}: {e.Message}", e);
        }
    }

    private static async Task Write(Process program, string letter, CancellationToken cancel)
    {
        try
        {
            await program.StandardInput.BaseStream.WriteAsync(Encoding.ASCII.GetBytes(letter), cancel);
            program.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all; its exit code says what that means.
        }
    }

    /// <summary>The first line that it complains with; the rest is read and dropped, so that it can end.</summary>
    private static async Task<string> ReadError(StreamReader errors, CancellationToken cancel)
    {
        var (buffer, kept) = (new char[MaxError], new StringBuilder());
        int read;
        while ((read = await errors.ReadAsync(buffer, cancel)) > 0)
            kept.Append(buffer, 0, Math.Min(read, MaxError - kept.Length));
        var line = kept.ToString().Trim().Split('\n')[0];
        return line.Length == 0
            ? ""
            : ": " + string.Concat(line.Take(200).Select(c => char.IsControl(c) ? ' ' : c)).TrimEnd('.', ' ');
    }
}
