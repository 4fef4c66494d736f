using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace EPortal.Accounts.Ldap;

/// <summary>
/// A search filter (RFC 4515) as it goes over the wire (RFC 4511, 4.5.1.7). The user's name is put in only after the
/// filter was read, as bytes of one value: whatever it holds, it cannot become part of the filter.
/// </summary>
internal abstract record LdapFilter
{
    /// <summary>Writes it with the name in place of <c>%s</c>.</summary>
    public abstract void Write(AsnWriter writer, string name);

    /// <summary>All, or any, of some.</summary>
    public sealed record Group(bool All, IReadOnlyList<LdapFilter> Parts) : LdapFilter
    {
        /// <inheritdoc/>
        public override void Write(AsnWriter writer, string name)
        {
            using (writer.PushSetOf(Tag(All ? 0 : 1)))
            {
                foreach (var part in Parts)
                    part.Write(writer, name);
            }
        }
    }

    /// <summary>Not that one.</summary>
    public sealed record Not(LdapFilter Part) : LdapFilter
    {
        /// <inheritdoc/>
        public override void Write(AsnWriter writer, string name)
        {
            using (writer.PushSequence(Tag(2)))
                Part.Write(writer, name);
        }
    }

    /// <summary>
    /// An attribute compared: <c>=</c>, <c>&gt;=</c>, <c>&lt;=</c>, <c>~=</c>, with <c>*</c> in the value for any text.
    /// </summary>
    public sealed record Compare(string Attribute, char Kind, string Value) : LdapFilter
    {
        /// <inheritdoc/>
        public override void Write(AsnWriter writer, string name)
        {
            if (Kind == '=' && Value == "*")
                writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute), Tag(7, constructed: false));
            else if (Kind == '=' && Value.Contains('*'))
                WriteSubstrings(writer, name);
            else
                WritePair(writer, name);
        }

        private void WritePair(AsnWriter writer, string name)
        {
            var number = Kind switch
            {
                '=' => 3,
                '>' => 5,
                '<' => 6,
                _ => 8,
            };
            using (writer.PushSequence(Tag(number)))
            {
                writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute));
                writer.WriteOctetString(Bytes(Value, name));
            }
        }

        private void WriteSubstrings(AsnWriter writer, string name)
        {
            var parts = Value.Split('*');
            using (writer.PushSequence(Tag(4)))
            {
                writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute));
                using (writer.PushSequence())
                {
                    for (var at = 0; at < parts.Length; at++)
                    {
                        if (parts[at].Length > 0)
                            writer.WriteOctetString(
                                Bytes(parts[at], name),
                                Tag(
                                    at == 0 ? 0
                                        : at == parts.Length - 1 ? 2
                                        : 1,
                                    constructed: false
                                )
                            );
                    }
                }
            }
        }
    }

    /// <summary>A comparison by a named rule: <c>attribute:dn:rule:=value</c>.</summary>
    public sealed record Extensible(string? Attribute, bool OfDn, string? Rule, string Value) : LdapFilter
    {
        /// <inheritdoc/>
        public override void Write(AsnWriter writer, string name)
        {
            using (writer.PushSequence(Tag(9)))
            {
                if (Rule is not null)
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(Rule), Tag(1, constructed: false));
                if (Attribute is not null)
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute), Tag(2, constructed: false));
                writer.WriteOctetString(Bytes(Value, name), Tag(3, constructed: false));
                if (OfDn)
                    writer.WriteBoolean(true, Tag(4, constructed: false));
            }
        }
    }

    /// <summary>
    /// A value's bytes: <c>\XX</c> is a byte, <c>%s</c> the name. Behind a <c>=</c> the name stands in a distinguished
    /// name and is escaped for there.
    /// </summary>
    private static byte[] Bytes(string value, string name)
    {
        var bytes = new List<byte>();
        var inDn = false;
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] == '\\')
            {
                bytes.Add(
                    byte.Parse(value.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                );
                at += 2;
            }
            else if (string.CompareOrdinal(value, at, DnTemplate.Placeholder, 0, 2) == 0)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(inDn ? DnTemplate.Escape(name) : name));
                at++;
            }
            else
            {
                inDn |= value[at] == '=';
                var length = char.IsHighSurrogate(value[at]) && at + 1 < value.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(value.Substring(at, length)));
                at += length - 1;
            }
        }

        return [.. bytes];
    }

    private static Asn1Tag Tag(int number, bool constructed = true) =>
        new(TagClass.ContextSpecific, number, constructed);
}
