using EPortal.Format;

namespace EPortal.Data;

/// <summary>The form that names given by people have in common.</summary>
internal static class Names
{
    /// <summary>Refuses what is not 1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first.</summary>
    /// <exception cref="RefusedException">It is not of that form.</exception>
    public static void Check(string what, string name)
    {
        if (!PatchsetName.IsValid(name))
            throw new RefusedException(
                Refusal.Invalid,
                $"The {what} must be 1 to 64 letters, digits, dots, underscores or hyphens, and begin with a letter or digit.");
    }
}
