using System.Buffers.Text;
using System.Collections;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Data;

/// <summary>A field before and after a change; empty where there was, or is, nothing.</summary>
internal sealed record FieldChange(string Field, string Was, string Became)
{
    /// <summary>As people read it.</summary>
    public string ToText() =>
        (Was, Became) switch
        {
            (StoredFields.Hidden, StoredFields.Hidden) => $"{Field}: changed",
            ("", _) => $"{Field}: {Became}",
            (_, "") => $"{Field}: {Was} → (empty)",
            _ => $"{Field}: {Was} → {Became}",
        };
}

/// <summary>A field with its value as text.</summary>
/// <param name="Name">Its name, as in the API.</param>
/// <param name="Label">What forms call it.</param>
/// <param name="Value">Its value.</param>
/// <param name="IsSecret">Whether the value must not be shown.</param>
internal sealed record StoredField(string Name, string Label, string Value, bool IsSecret);

/// <summary>
/// The fields of one thing as people know them. The user log tells their change, and <see cref="Version"/> tells
/// whether a form still shows what is stored.
/// </summary>
/// <param name="id">Identity of the thing, with whatever else tells one version from another.</param>
internal sealed class StoredFields(string id) : IEnumerable<StoredField>
{
    /// <summary>The text shown in place of a secret.</summary>
    public const string Hidden = "***";

    private const int VersionBytes = 16;

    private readonly List<StoredField> _fields = [];

    /// <summary>
    /// An opaque token, another one when any field is another; secrets do not count, so that nobody can guess them by
    /// it.
    /// </summary>
    public string Version
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (
                var text in _fields
                    .Where(one => !one.IsSecret)
                    .SelectMany(one => new[] { one.Name, one.Value })
                    .Prepend(id)
            )
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                hash.AppendData(BitConverter.GetBytes(bytes.Length));
                hash.AppendData(bytes);
            }

            return Base64Url.EncodeToString(hash.GetHashAndReset().AsSpan(0, VersionBytes));
        }
    }

    /// <summary>Labels and values, for pages; without secrets.</summary>
    public IEnumerable<(string Label, string Value)> Texts =>
        _fields.Where(one => !one.IsSecret).Select(one => (one.Label, one.Value));

    /// <summary>Adds a text.</summary>
    public void Add(string name, string label, string? value) =>
        _fields.Add(new StoredField(name, label, value ?? "", IsSecret: false));

    /// <summary>Adds a yes or no.</summary>
    public void Add(string name, string label, bool value) => Add(name, label, value ? "yes" : "no");

    /// <summary>Adds what must not be shown.</summary>
    public StoredFields WithSecret(string name, string label, string? value)
    {
        _fields.Add(new StoredField(name, label, value ?? "", IsSecret: true));
        return this;
    }

    /// <summary>
    /// Refuses a change of what is another by now than its maker saw. Asked within the transaction that makes the
    /// change.
    /// </summary>
    /// <param name="seen">The version that was shown; null where that does not matter.</param>
    /// <exception cref="RefusedException">It is another.</exception>
    public void RefuseUnless(string? seen)
    {
        if (seen is not null && seen != Version)
            throw new RefusedException(
                Refusal.Conflict,
                "nothing saved: someone else changed this after the page was opened"
            );
    }

    /// <summary>What is different in <paramref name="after"/>, which has the same fields.</summary>
    public IReadOnlyList<FieldChange> ChangesTo(StoredFields after) =>
        [
            .. _fields
                .Zip(after._fields)
                .Where(pair => pair.First.Value != pair.Second.Value)
                .Select(pair => new FieldChange(pair.First.Name, Shown(pair.First), Shown(pair.Second))),
        ];

    /// <summary>All fields that have a value, as they come to be.</summary>
    public IReadOnlyList<FieldChange> AsAdded() =>
        [
            .. _fields
                .Where(field => field.Value.Length > 0)
                .Select(field => new FieldChange(field.Name, "", Shown(field))),
        ];

    /// <summary>All fields that have a value, as they go.</summary>
    public IReadOnlyList<FieldChange> AsDeleted() =>
        [
            .. _fields
                .Where(field => field.Value.Length > 0)
                .Select(field => new FieldChange(field.Name, Shown(field), "")),
        ];

    /// <inheritdoc/>
    public IEnumerator<StoredField> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string Shown(StoredField field) => field.IsSecret && field.Value.Length > 0 ? Hidden : field.Value;
}
