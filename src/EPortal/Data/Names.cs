using Dapper;
using EPortal.Format;

namespace EPortal.Data;

/// <summary>The form that names given by people have in common.</summary>
internal static class Names
{
    /// <summary>
    /// Refuses the name of something new that is taken, or told from a name that is by capitals alone: people take one
    /// for the other.
    /// </summary>
    /// <param name="session">The transaction that makes it.</param>
    /// <param name="type">What it is; its column <c>name</c> says how it is called.</param>
    /// <param name="what">What people call it.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="RefusedException">It is taken.</exception>
    public static void RefuseTaken(Session session, EntityType type, string what, string name)
    {
        if (
            session
                .Connection.Query<string>($"SELECT name FROM {type.Name} WHERE shadowed = 0")
                .FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase))
            is not { } taken
        )
            return;
        throw Taken(what, taken, name);
    }

    /// <summary>Says that a name is taken, by itself or by one that people take for it.</summary>
    public static RefusedException Taken(string what, string taken, string name) =>
        new(
            Refusal.Exists,
            taken == name
                ? $"{what} '{name}' already exists"
                : $"{what} '{taken}' already exists; names are not case-sensitive"
        );

    /// <summary>
    /// Refuses what is not 1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first.
    /// </summary>
    /// <exception cref="RefusedException">It is not of that form.</exception>
    public static void Check(string what, string name)
    {
        if (!PatchsetName.IsValid(name))
            throw new RefusedException(
                Refusal.Invalid,
                $"invalid {what}: use 1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or digit"
            );
    }
}
