using EPortal.AgentClient.Wire;
using EPortal.Format;
using Kcarectl.Cli;

namespace Kcarectl.Updates;

/// <summary>What the portal says this host should run, checked for form only. Nothing in it is trusted.</summary>
internal sealed record PatchOffer(int Level, string Patchset, OfferedFile Description, OfferedFile Signature)
{
    private const long MaxDescription = 1 << 20;
    private const long MaxSignature = 8 << 10;

    /// <exception cref="AgentException">A field is missing or wrong.</exception>
    public static PatchOffer From(CheckInAnswer answer)
    {
        if (answer.Level is not > 0)
            throw Bad("no level");
        if (answer.Product is not "kernel")
            throw Bad("a product other than the kernel");
        if (answer.Patchset is null || !PatchsetName.IsValid(answer.Patchset))
            throw Bad("no patchset name");
        return new PatchOffer(
            answer.Level.Value,
            answer.Patchset,
            Find(answer, PatchDescription.FileName, MaxDescription),
            Find(answer, PatchDescription.SignatureFileName, MaxSignature)
        );
    }

    private static OfferedFile Find(CheckInAnswer answer, string name, long max)
    {
        var file =
            answer.Files?.FirstOrDefault(f => f?.Name == name)
            ?? throw new AgentException(
                ExitCode.NotTrusted,
                $"the offered patch has no {name}; unsigned patches are not applied"
            );
        return
            file.Size is > 0
            && file.Size <= max
            && file.Sha256.Length == 64
            && file.Sha256.All(char.IsAsciiHexDigitLower)
            ? file
            : throw Bad($"invalid size or hash of {name}");
    }

    private static AgentException Bad(string what) =>
        new(ExitCode.PortalRefused, $"unexpected answer to the check-in: {what}");
}
