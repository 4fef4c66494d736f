using EPortal.Format;
using Kcarectl.Cli;

namespace Kcarectl.Settings;

/// <summary>minisign public keys, one a line; comment lines as minisign writes them, or with <c>#</c>.</summary>
internal static class TrustedKeysFile
{
    private const string CommentLine = "untrusted comment:";

    /// <exception cref="AgentException">No key, or one that cannot be read: nothing may be applied.</exception>
    public static TrustedKeys Load(AgentPaths paths)
    {
        var keys = new List<MinisignPublicKey>();
        var number = 0;
        foreach (var line in File.Exists(paths.TrustedKeysFile) ? File.ReadLines(paths.TrustedKeysFile) : [])
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text.StartsWith('#') || text.StartsWith(CommentLine, StringComparison.Ordinal))
                continue;
            try
            {
                keys.Add(MinisignPublicKey.Parse(text));
            }
            catch (PatchsetException e)
            {
                throw new AgentException(
                    ExitCode.Local,
                    $"{paths.TrustedKeysFile}, line {number} is not a minisign public key",
                    e
                );
            }
        }
        return keys.Count > 0
            ? new TrustedKeys(keys)
            : throw new AgentException(
                ExitCode.NotTrusted,
                $"no trusted key configured: put the minisign public key of your patchsets into {paths.TrustedKeysFile}"
            );
    }
}
