using System.Formats.Asn1;
using System.Text;
using EPortal.Accounts.Ldap;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>Reads back what was written, the way a server does.</summary>
internal static class LdapFilterReader
{
    /// <summary>The filter as it goes over the wire, in words; values byte for byte.</summary>
    public static string Read(LdapFilter filter, string name)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        filter.Write(writer, name);
        return Read(new AsnReader(writer.Encode(), AsnEncodingRules.BER));
    }

    /// <summary>
    /// The value between two ends of a distinguished name, without its escapes (RFC 4514, section 3).
    /// </summary>
    public static string ValueOfDn(string dn, string before, string behind)
    {
        var value = dn[before.Length..^behind.Length];
        var text = new StringBuilder();
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] != '\\')
            {
                "\"+,;<>=\0".ShouldNotContainChar(value[at]);
                text.Append(value[at]);
            }
            else if (value[at + 1] == '0')
            {
                text.Append('\0');
                at += 2;
            }
            else
            {
                text.Append(value[++at]);
            }
        }

        return text.ToString();
    }

    private static void ShouldNotContainChar(this string special, char c)
    {
        if (special.Contains(c))
            throw new InvalidOperationException($"'{c}' stands without an escape.");
    }

    private static string Read(AsnReader reader)
    {
        var tag = reader.PeekTag();
        if (tag.TagValue is 0 or 1)
        {
            var set = reader.ReadSetOf(tag);
            var parts = new List<string>();
            while (set.HasData)
                parts.Add(Read(set));
            return $"{(tag.TagValue == 0 ? "and" : "or")}[{string.Join(';', parts)}]";
        }

        if (tag.TagValue != 3)
            throw new InvalidOperationException($"tag {tag}");
        var pair = reader.ReadSequence(tag);
        return $"{Encoding.Latin1.GetString(pair.ReadOctetString())}={Encoding.Latin1.GetString(pair.ReadOctetString())}";
    }
}
