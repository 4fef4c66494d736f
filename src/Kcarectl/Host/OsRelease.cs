using Kcarectl.Settings;

namespace Kcarectl.Host;

/// <summary>Names of the distribution from os-release(5).</summary>
internal sealed record OsRelease(string Id, string VersionId)
{
    private static readonly string[] Files = ["etc/os-release", "usr/lib/os-release"];

    public static OsRelease Read(AgentPaths paths)
    {
        var file = Files.Select(paths.Under).FirstOrDefault(File.Exists);
        var fields = file is null
            ? []
            : File.ReadLines(file).Take(200).Select(SettingLine.Parse).OfType<SettingLine>().ToArray();
        return new OsRelease(Field("ID"), Field("VERSION_ID"));

        string Field(string name) => fields.LastOrDefault(f => f.Name == name)?.Value ?? "";
    }
}
