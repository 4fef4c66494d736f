using System.Diagnostics.CodeAnalysis;

namespace EPortal.Hosting;

/// <summary>Turns a written value into the setting's own type; false when it is not among the allowed ones.</summary>
internal delegate bool SettingsReader<T>(SettingsValue value, [MaybeNullWhen(false)] out T result);

/// <summary>What a setting may hold.</summary>
/// <param name="Allowed">Completes the sentence "use …".</param>
/// <param name="Read">From the written form.</param>
/// <param name="Write">To the written form.</param>
internal sealed record SettingsKind<T>(string Allowed, SettingsReader<T> Read, Func<T, SettingsValue> Write)
{
    /// <summary>Whether a bare word in the environment stands for a string.</summary>
    public bool TakesWords { get; init; }

    /// <summary>Whether a written value may hold a password and is never repeated.</summary>
    public bool IsSecret { get; init; }
}

/// <summary>One known setting, whatever its type.</summary>
internal abstract record SettingsDefinition(string Name, string Description)
{
    /// <summary>Completes the sentence "use …".</summary>
    public abstract string Allowed { get; }

    /// <summary>The value that holds where none is written, as it would be written.</summary>
    public abstract string Default { get; }

    public abstract bool TakesWords { get; }

    public abstract bool IsSecret { get; }

    /// <summary>The settings with this value in them, or null when the value is not allowed.</summary>
    public abstract Settings? ApplyOrNull(Settings settings, SettingsValue value);

    /// <summary>The value in force as it would be written; a secret shows only that it is set.</summary>
    public abstract string Show(Settings settings);
}

/// <summary>One known setting.</summary>
internal sealed record SettingsDefinition<T>(
    string Name,
    SettingsKind<T> Kind,
    Func<Settings, T> Get,
    Func<Settings, T, Settings> With,
    string Description
) : SettingsDefinition(Name, Description)
{
    public override string Allowed => Kind.Allowed;

    public override string Default => Kind.Write(Get(Settings.Defaults)).ToString();

    public override bool TakesWords => Kind.TakesWords;

    public override bool IsSecret => Kind.IsSecret;

    public override Settings? ApplyOrNull(Settings settings, SettingsValue value) =>
        Kind.Read(value, out var result) ? With(settings, result) : null;

    public override string Show(Settings settings)
    {
        var value = Kind.Write(Get(settings));
        return IsSecret && value is not SettingsValue.None ? "(set)" : value.ToString();
    }
}
