using System.CommandLine;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>Keys that commands are given.</summary>
internal static class ArchiveKeys
{
    private const int MaxKeyFile = 64 * 1024;

    /// <summary><c>--key</c>: the secret key.</summary>
    public static Option<string?> SecretOption()
    {
        var option = CliOptions.Value<string>("minisign secret key file; its password is prompted for", "--key");
        option.HelpName = "FILE";
        return option;
    }

    /// <summary>Reads a secret key, asking for its password where it has one.</summary>
    /// <exception cref="PatchsetException">It is not a key, or the password is wrong.</exception>
    public static async Task<MinisignSecretKey?> ReadSecretAsync(CliContext context, string? path)
    {
        if (path is null)
            return null;
        var text = ReadSmall(path);
        return MinisignSecretKey.IsProtected(text)
            ? MinisignSecretKey.Parse(text, await context.PasswordOnceAsync($"Password of {path}"))
            : MinisignSecretKey.Parse(text, null);
    }

    /// <summary>Reads a public key from its base64 line or a file.</summary>
    /// <exception cref="PatchsetException">It is not a key.</exception>
    /// <exception cref="CliException">Nor is it a file.</exception>
    public static MinisignPublicKey ReadPublic(string keyOrFile)
    {
        if (File.Exists(keyOrFile))
            return MinisignPublicKey.Parse(ReadSmall(keyOrFile));
        try
        {
            return MinisignPublicKey.Parse(keyOrFile);
        }
        catch (PatchsetException)
        {
            throw new CliException($"{keyOrFile} is neither a file nor a minisign public key");
        }
    }

    private static string ReadSmall(string path) =>
        new FileInfo(path).Length <= MaxKeyFile
            ? ArchiveFile.ReadText(path)
            : throw new CliException($"{path} is too large to be a key");
}
