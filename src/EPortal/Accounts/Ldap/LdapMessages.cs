using System.Formats.Asn1;
using System.Text;

namespace EPortal.Accounts.Ldap;

/// <summary>
/// The messages of the protocol that are needed here (RFC 4511, 4), written and read with the framework's BER codec.
/// </summary>
internal static class LdapMessages
{
    /// <summary>Application tag of a bind's answer.</summary>
    public const int BindResponse = 1;

    /// <summary>Application tag of an entry that was found.</summary>
    public const int SearchEntry = 4;

    /// <summary>Application tag of a search's end.</summary>
    public const int SearchDone = 5;

    /// <summary>Application tag of a pointer to another server within a search.</summary>
    public const int SearchReference = 19;

    /// <summary>Application tag of the answer to an extended request.</summary>
    public const int ExtendedResponse = 24;

    private const string StartTlsOid = "1.3.6.1.4.1.1466.20037";
    private const string NoAttributes = "1.1";
    private const int Version = 3;

    /// <summary>A simple bind.</summary>
    public static byte[] Bind(int id, string dn, string password) =>
        Message(
            id,
            writer =>
            {
                using (writer.PushSequence(Application(0)))
                {
                    writer.WriteInteger(Version);
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(dn));
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(password), new Asn1Tag(TagClass.ContextSpecific, 0));
                }
            }
        );

    /// <summary>The wish to encrypt (RFC 4511, 4.14.1).</summary>
    public static byte[] StartTls(int id) =>
        Message(
            id,
            writer =>
            {
                using (writer.PushSequence(Application(23)))
                    writer.WriteOctetString(
                        Encoding.ASCII.GetBytes(StartTlsOid),
                        new Asn1Tag(TagClass.ContextSpecific, 0)
                    );
            }
        );

    /// <summary>A search for one entry, without its attributes.</summary>
    public static byte[] Search(int id, LdapSearch search, string name, TimeSpan limit) =>
        Message(
            id,
            writer =>
            {
                using (writer.PushSequence(Application(3)))
                {
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(DnTemplate.Fill(search.BaseTemplate, name)));
                    writer.WriteEnumeratedValue(search.Scope);
                    writer.WriteEnumeratedValue(Aliases.Never);
                    writer.WriteInteger(1);
                    writer.WriteInteger((int)limit.TotalSeconds);
                    writer.WriteBoolean(true);
                    search.Filter.Write(writer, name);
                    using (writer.PushSequence())
                        writer.WriteOctetString(Encoding.ASCII.GetBytes(NoAttributes));
                }
            }
        );

    /// <summary>Reads a message: whose answer it is, its kind, and its result where the kind has one.</summary>
    /// <exception cref="AsnContentException">It is no such message.</exception>
    public static (int Id, int Kind, LdapResult? Result) Read(ReadOnlyMemory<byte> bytes)
    {
        var message = new AsnReader(bytes, AsnEncodingRules.BER).ReadSequence();
        if (!message.TryReadInt32(out var id))
            throw new AsnContentException("The message has no id.");
        var tag = message.PeekTag();
        if (tag.TagClass != TagClass.Application)
            throw new AsnContentException("The message has no operation.");
        if (tag.TagValue is SearchEntry or SearchReference)
            return (id, tag.TagValue, null);
        var operation = message.ReadSequence(tag);
        var code = operation.ReadEnumeratedValue<Code>();
        operation.ReadOctetString();
        return (id, tag.TagValue, new LdapResult((int)code, Encoding.UTF8.GetString(operation.ReadOctetString())));
    }

    private static byte[] Message(int id, Action<AsnWriter> operation)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            operation(writer);
        }

        return writer.Encode();
    }

    private static Asn1Tag Application(int number) => new(TagClass.Application, number, isConstructed: true);

    /// <summary>Whether the server is to follow aliases.</summary>
    private enum Aliases
    {
        Never = 0,
    }

    /// <summary>A result code on the wire; any number.</summary>
    private enum Code
    {
        Success = 0,
    }
}
