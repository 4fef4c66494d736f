using Kcarectl.Cli;

namespace Kcarectl.Settings;

/// <summary>The id that registration gave, in a file that only its owner reads.</summary>
internal static class SystemId
{
    /// <summary>The id; null where there is no file.</summary>
    /// <exception cref="AgentException">The file holds none.</exception>
    public static string? ReadOrNull(AgentPaths paths) =>
        !File.Exists(paths.SystemIdFile)
            ? null
            : UsableOrNull(paths)
                ?? throw new AgentException(
                    ExitCode.Local,
                    $"{paths.SystemIdFile} contains no server_id; run kcarectl --register KEY to replace it"
                );

    /// <summary>The id; null where there is no file, or one that a crash or a hand left empty or garbled.</summary>
    public static string? UsableOrNull(AgentPaths paths)
    {
        if (!File.Exists(paths.SystemIdFile))
            return null;
        var id = File.ReadLines(paths.SystemIdFile)
            .Take(100)
            .Select(SettingLine.Parse)
            .FirstOrDefault(l => l?.Name == "server_id")
            ?.Value;
        return id is { Length: > 0 and <= 64 } && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }

    public static string Require(AgentPaths paths) =>
        ReadOrNull(paths)
        ?? throw new AgentException(
            ExitCode.NotRegistered,
            "this host is not registered; run kcarectl --register KEY first"
        );

    /// <summary>Makes sure that an id can be kept.</summary>
    /// <exception cref="AgentException">It cannot.</exception>
    public static void RequireWritable(AgentPaths paths) => AtomicFile.RequireWritable(paths.SystemIdFile);

    public static void Write(AgentPaths paths, string id) =>
        AtomicFile.Write(paths.SystemIdFile, $"server_id={id}\n", AgentPaths.PrivateFile);

    public static void Forget(AgentPaths paths) => File.Delete(paths.SystemIdFile);
}
