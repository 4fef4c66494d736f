using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.AgentClient.Wire;
using Kcarectl.Host;
using Kcarectl.State;
using Kcarectl.Updates;

namespace Kcarectl.Cli;

/// <summary>Reports that need no portal.</summary>
internal sealed class Reports(AgentEnvironment environment)
{
    public int Info(bool json)
    {
        var (state, current) = Look();
        var report = new InfoReport(
            current?.Level ?? 0,
            current?.Patchset,
            HostFacts.Release(environment.Paths),
            HostFacts.EffectiveKernel(environment.Paths, current),
            HostFacts.KernelId(environment.Paths),
            current?.At,
            state.CheckedAt,
            state.LastUpdate
        );
        environment.Out.WriteLine(json ? ReportJson.Text(report) : Text(report));
        return ExitCode.Done;
    }

    public int PatchInfo()
    {
        var (_, current) = Look();
        if (current is null)
            throw new AgentException(ExitCode.Nothing, "no patch is applied");
        var path = Path.Combine(
            new PatchCache(environment.Paths).FolderOf(current.KernelId, current.Level),
            VerifiedPatch.InfoName
        );
        if (!File.Exists(path))
            throw new AgentException(ExitCode.Local, $"the applied patch has no {path}");
        environment.Out.Write(File.ReadAllText(path));
        return ExitCode.Done;
    }

    public int Uname()
    {
        var (_, current) = Look();
        environment.Out.WriteLine(HostFacts.EffectiveKernel(environment.Paths, current));
        return ExitCode.Done;
    }

    private (AgentState State, OwnModule? Current) Look()
    {
        var state = new StateStore(environment.Paths).Load(environment.Kernel.BootId);
        return (state, environment.Kernel.CurrentOrNull(state.Modules));
    }

    private static string Text(InfoReport report)
    {
        string[] lines =
        [
            $"level: {report.Level}",
            $"patchset: {report.Patchset ?? "none"}",
            $"kernel: {report.Kernel}",
            $"effective kernel: {report.EffectiveKernel}",
            $"kernel id: {report.KernelId}",
            $"applied: {Time(report.AppliedAt)}",
            $"last check-in: {Time(report.CheckedAt)}",
            report.LastUpdate is { } last
                ? $"last update: {last.Result} at {Time(last.At)}{(last.Message.Length > 0 ? ", " + last.Message : "")}"
                : "last update: none",
        ];
        return string.Join('\n', lines);
    }

    private static string Time(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) ?? "never";
}

/// <summary>Output of <c>--info --json</c>.</summary>
internal sealed record InfoReport(
    int Level,
    string? Patchset,
    string Kernel,
    string EffectiveKernel,
    string KernelId,
    DateTimeOffset? AppliedAt,
    DateTimeOffset? CheckedAt,
    LastUpdate? LastUpdate
);

/// <summary>Output of <c>--status --json</c>.</summary>
internal sealed record StatusReport(string Status, int Level, int? OfferedLevel);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InfoReport))]
[JsonSerializable(typeof(StatusReport))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    public static string Text(InfoReport report) => JsonSerializer.Serialize(report, Default.InfoReport);

    public static string Text(StatusReport report) => JsonSerializer.Serialize(report, Default.StatusReport);
}
