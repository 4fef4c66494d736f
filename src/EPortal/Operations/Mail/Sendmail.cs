using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using EPortal.Data;

namespace EPortal.Operations.Mail;

/// <summary>Mail could not be sent; the message is one sentence.</summary>
internal sealed class MailException(string message, Exception? inner = null) : UserFacingException(message, inner);

/// <summary>Sends mail with the machine's <c>sendmail</c>, which knows how mail leaves this network.</summary>
/// <param name="programPath">Folders in which it is looked for, with colons between.</param>
/// <param name="time">The clock.</param>
internal sealed class Sendmail(string programPath, TimeProvider time)
{
    private const string Name = "sendmail";
    private const int MaxError = 4096;

    /// <summary>Variables that hold settings, and so secrets.</summary>
    private const string OwnVariables = "EPORTAL_";

    /// <summary>How long the program may take.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Sends one content; done when <c>sendmail</c> has taken it over.</summary>
    /// <param name="to">Address.</param>
    /// <param name="subject">Subject.</param>
    /// <param name="content">Headers of the content, an empty line and the content, in ASCII.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="MailException">There is no such program, or it failed.</exception>
    public async Task Send(string to, string subject, string content, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        using var program = Start();
        try
        {
            var error = ReadError(program.StandardError, either.Token);
            var output = program.StandardOutput.BaseStream.CopyToAsync(Stream.Null, either.Token);
            await Write(program, Letter(to, subject, content), either.Token);
            await Task.WhenAll(error, output);
            await program.WaitForExitAsync(either.Token);
            if (program.ExitCode != 0)
                throw new MailException($"{Name} failed with exit code {program.ExitCode}{await error}{Hint()}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new MailException($"{Name} did not end within {s_patience.TotalSeconds:0} seconds{Hint()}");
        }
        finally
        {
            if (!program.HasExited)
                program.Kill(entireProcessTree: true);
        }
    }

    /// <summary>
    /// A service gives programs no rights of their own (setuid, setgid), by which most put mail into their queue.
    /// </summary>
    private static string Hint() =>
        File.ReadLines("/proc/self/status").Contains("NoNewPrivs:\t1")
            ? " (a service cannot use postfix, exim4 or dma: use msmtp-mta, or have cron run `kc.eportal report`)"
            : "";

    private static string Letter(string to, string subject, string content) =>
        $"To: {to}\nSubject: {subject}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n{content}\n";

    private Process Start()
    {
        var path =
            programPath
                .Split(':', StringSplitOptions.RemoveEmptyEntries)
                .Where(Path.IsPathRooted)
                .Select(folder => Path.Combine(folder, Name))
                .FirstOrDefault(File.Exists)
            ?? throw new MailException($"no {Name} on this machine to send mail with");
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
            throw new MailException($"cannot start {path}: {e.Message}", e);
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
