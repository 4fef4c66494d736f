using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text;
using EPortal.Blobs;
using EPortal.Cli;

namespace EPortal.Hosting.Nginx;

/// <summary>
/// <c>kc.eportal sync-nginx-conf</c>: nginx's configuration as the settings want it, and the folder of patches made
/// ready.
/// </summary>
internal static class NginxCommand
{
    private const string DefaultFolder = "/etc/nginx";
    private const string ExampleName = "eportal.ssl.conf.example";

    private const UnixFileMode ForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var folder = CliOptions.Value<string>($"folder of nginx's configuration ({DefaultFolder} by default)", "--dir");
        folder.HelpName = "DIR";
        var command = new Command(
            "sync-nginx-conf",
            """
            write nginx's configuration from the settings and prepare PATCHES_DIR

            Writes conf.d/eportal.conf, where it keeps lines outside of its marks, and eportal.ssl.conf.example.
            Run it as root after changing settings, then restart both: systemctl restart eportal nginx
            """
        )
        {
            folder,
        };
        command.SetAction(parsed => Run(context, parsed.GetValue(folder) ?? DefaultFolder));
        return command;
    }

    private static void Run(CliContext context, string folder)
    {
        var lines = NginxSite.Lines(context.Settings);
        // First, for what comes after gives root's rights up.
        WriteSite(context, folder, lines);
        WriteIfOther(Path.Combine(folder, ExampleName), Example());
        NginxStorage.Prepare(context.Settings, context.Line);
        context.Line("apply with: nginx -t && systemctl restart eportal nginx");
    }

    private static void WriteSite(CliContext context, string folder, IReadOnlyList<string> lines)
    {
        if (!Directory.Exists(folder))
            throw new CliException(
                $"no folder {folder}: install nginx, or name the folder of its configuration with --dir"
            );
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "conf.d")).FullName, "eportal.conf");
        if (File.Exists(path))
            path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        var existing = File.Exists(path) ? NamedFile.ReadText(path) : null;
        var file = NginxFile.Put(lines, existing);
        if (file.LosesLines)
        {
            var saved =
                $"{path}.{context.Time.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}.saved";
            Write(saved, existing!);
            context.Note($"warning: {path} had been changed by hand; its former content is in {saved}");
        }

        context.Line(file.Text == existing ? $"{path} is up to date" : $"{path} written");
        if (file.Text != existing)
            Write(path, file.Text);
    }

    private static void WriteIfOther(string path, string text)
    {
        if (!File.Exists(path) || NamedFile.ReadText(path) != text)
            Write(path, text);
    }

    private static void Write(string path, string text) =>
        DurableFile.Write(path, Encoding.UTF8.GetBytes(text), ForAll);

    private static string Example()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ExampleName)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
