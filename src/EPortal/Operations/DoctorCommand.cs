using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Hosting.Proxies;
using EPortal.Hosting.Tls;
using EPortal.Operations.Mail;
using EPortal.PatchSource;
using EPortal.Replication;

namespace EPortal.Operations;

/// <summary><c>kc.eportal doctor</c>: what is wrong, and an archive of diagnostics without secrets.</summary>
internal static partial class DoctorCommand
{
    /// <summary>The command; its exit code is 1 when it found a problem.</summary>
    public static Command Create(CliContext context)
    {
        var json = CliOptions.Json();
        var noSend = CliOptions.Flag("only write the archive, do not mail it to DOCTOR_MAILTO", "--no-send");
        var file = new Argument<string?>("FILE")
        {
            Description = "path of the archive; default eportal-doctor-TIME.tar.gz in the current folder",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command(
            "doctor",
            """
            find problems and write an archive of diagnostics without secrets

            Where the setting DOCTOR_MAILTO names an address, the archive is mailed there with `sendmail` too.

            examples:
              kc.eportal doctor
              kc.eportal doctor --no-send /root/eportal.tar.gz
            """
        )
        {
            file,
            noSend,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var now = context.Time.GetUtcNow();
                var name = now.ToString("'eportal-doctor-'yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
                var path = Path.GetFullPath(parsed.GetValue(file) ?? $"{name}.tar.gz");
                // Opened before the data folder: there the program may give up the rights that writing this file takes.
                using var output = context.BeginFile(path);
                await using var portal = context.OpenPortal();
                var status = SourceStatus.Read(portal.Database, portal.Source.Url, portal.Signer.OwnKeyLine());
                var findings = Look(context, portal, status);
                using var archive = new MemoryStream();
                DiagnosticsArchive.Write(archive, name, Texts(portal, status, findings, now), now);
                output.Content.Write(archive.GetBuffer(), 0, (int)archive.Length);
                output.Keep();
                var to = parsed.GetValue(noSend) ? null : portal.Settings.DoctorMailto;
                var failure = to is null ? null : await Mail(portal.Mail, to, name, archive.ToArray(), cancel);
                if (parsed.GetValue(json))
                    context.Json(new Report(path, findings, failure is null ? to : null), ReportJson.Default.Report);
                else
                    Show(context, path, findings);
                if (failure is not null)
                    throw new CliException($"the diagnostics were written, but not mailed to {to}: {failure}");
                if (to is not null && !parsed.GetValue(json))
                    context.Line($"mailed to {to}");
                return findings.Any(finding => finding.Severity == "problem") ? CliExit.Failure : CliExit.Success;
            }
        );
        return command;
    }

    /// <summary>Mails the archive; why that failed, null where it did not.</summary>
    private static async Task<string?> Mail(
        Sendmail mail,
        string to,
        string name,
        byte[] archive,
        CancellationToken cancel
    )
    {
        try
        {
            await mail.Send(
                to,
                $"ePortal diagnostics {name}",
                $"Content-Type: application/gzip; name=\"{name}.tar.gz\"\n"
                    + $"Content-Disposition: attachment; filename=\"{name}.tar.gz\"\nContent-Transfer-Encoding: base64\n\n"
                    + Convert
                        .ToBase64String(archive, Base64FormattingOptions.InsertLineBreaks)
                        .ReplaceLineEndings("\n"),
                cancel
            );
            return null;
        }
        catch (MailException e)
        {
            return e.Message;
        }
    }

    private static List<Finding> Look(CliContext context, Portal portal, SourceStatus status) =>
        [
            .. Findings.OfSettings([.. context.SettingsWarnings.Select(warning => warning.ToString())]),
            Findings.OfSource(status),
            Findings.OfTrust(portal.Signer.Trusted),
            Findings.OfAdmins(portal.Users),
            Findings.OfReports(portal.Reports.State),
            .. new[] { portal.Settings.DataDir, portal.PatchesRoot }
                .Distinct()
                .Select(folder => Findings.OfDisk("disk", folder, portal.Settings.ReadyMinFreeBytes)),
            Findings.OfMissing(portal.Database, portal.Folders),
            .. Findings.OfFeeds(portal.Database),
            .. Findings.OfReplication(portal.Get<ReplicationStatus>()),
            .. ProxyReport.Open(portal.Settings, portal.Time).Look(),
            .. TlsCertificate.FindingsOf(portal.Settings, portal.Time),
        ];

    private static void Show(CliContext context, string path, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
            context.Line(finding.ToString());
        context.Line($"diagnostics: {path}");
    }

    private static Dictionary<string, string> Texts(
        Portal portal,
        SourceStatus status,
        IReadOnlyList<Finding> findings,
        DateTimeOffset now
    ) =>
        new()
        {
            ["findings.txt"] = string.Join(
                '\n',
                [$"{now:yyyy-MM-dd HH:mm:ss} UTC", .. findings.Select(finding => finding.ToString()), ""]
            ),
            ["system.txt"] =
                $"{Assembly}\n{RuntimeInformation.FrameworkDescription}\n{RuntimeInformation.OSDescription}\n"
                + $"{Plural.Of(Environment.ProcessorCount, "processor")}\n",
            ["settings.txt"] = portal.Settings.ToString(),
            ["patch-source.json"] = JsonSerializer.Serialize(status, SourceStatusJson.Default.SourceStatus),
            ["patchsets.txt"] = Patchsets(portal),
            ["servers.txt"] =
                $"{Plural.Of(portal.Servers.CountByKey().Sum(row => row.Count), "server")} with {Plural.Of(portal.Keys.List().Count, "key")}\n",
        };

    private static string Assembly =>
        typeof(DoctorCommand).Assembly.GetName() is { } name ? $"{name.Name} {name.Version}" : "";

    private static string Patchsets(Portal portal)
    {
        var text = new StringBuilder();
        foreach (var product in Products.All)
        {
            foreach (var feed in portal.Feeds.List())
            {
                foreach (var placement in portal.Rollout.List(feed.Name, product))
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $"{product.Token()} {feed.Name} {placement.Patchset.Name} {placement.State.Token()}\n"
                    );
            }
        }

        return text.ToString();
    }

    /// <summary>What was found, where the archive is, and to whom it was mailed.</summary>
    internal sealed record Report(string File, IReadOnlyList<Finding> Findings, string? MailedTo);

    [JsonSerializable(typeof(Report))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class ReportJson : JsonSerializerContext;
}
