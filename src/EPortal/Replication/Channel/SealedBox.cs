using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EPortal.Replication.Channel;

/// <summary>A message that is no message of this session, or damaged.</summary>
internal sealed class SealException(string message) : Exception(message);

/// <summary>
/// One direction of a session: messages as compressed JSON, sealed with AES-256-GCM (NIST SP 800-38D), also where the
/// way is encrypted anyway: a proxy that ends TLS reads nothing and changes nothing. The number of a message is its
/// nonce, so none is used twice with a key, and the session's name is authenticated with it.
/// </summary>
internal sealed class SealedBox(byte[] key, string session) : IDisposable
{
    /// <summary>Bytes before and behind the sealed content: the number, and the tag.</summary>
    public const int Overhead = sizeof(long) + TagSize;

    /// <summary>Bytes that a message may have once it is unpacked.</summary>
    public const int MaxPlain = 128 * 1024 * 1024;

    private const int TagSize = 16;
    private const int NonceSize = 12;

    private readonly AesGcm _cipher = new(key, TagSize);
    private readonly byte[] _session = Encoding.UTF8.GetBytes(session);

    /// <summary>Seals a message under its number.</summary>
    public byte[] Seal<T>(long number, T message, JsonTypeInfo<T> type)
    {
        var plain = Pack(message, type);
        var box = new byte[plain.Length + Overhead];
        BinaryPrimitives.WriteInt64BigEndian(box, number);
        lock (_cipher)
            _cipher.Encrypt(
                Nonce(number),
                plain,
                box.AsSpan(sizeof(long), plain.Length),
                box.AsSpan(sizeof(long) + plain.Length),
                _session
            );
        return box;
    }

    /// <summary>Opens a message.</summary>
    /// <exception cref="SealException">It is not sealed with this key, or was changed, or is too large.</exception>
    public (long Number, T Message) Open<T>(byte[] box, JsonTypeInfo<T> type)
    {
        if (box.Length < Overhead)
            throw new SealException("the message is too short");
        var number = BinaryPrimitives.ReadInt64BigEndian(box);
        var plain = new byte[box.Length - Overhead];
        try
        {
            lock (_cipher)
                _cipher.Decrypt(
                    Nonce(number),
                    box.AsSpan(sizeof(long), plain.Length),
                    box.AsSpan(sizeof(long) + plain.Length),
                    plain,
                    _session
                );
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new SealException("the message is not sealed with the key of this session");
        }

        return (number, Unpack(plain, type));
    }

    /// <inheritdoc/>
    public void Dispose() => _cipher.Dispose();

    private static byte[] Nonce(long number)
    {
        var nonce = new byte[NonceSize];
        BinaryPrimitives.WriteInt64BigEndian(nonce.AsSpan(NonceSize - sizeof(long)), number);
        return nonce;
    }

    private static byte[] Pack<T>(T message, JsonTypeInfo<T> type)
    {
        using var packed = new MemoryStream();
        using (var compress = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            JsonSerializer.Serialize(compress, message, type);
        return packed.ToArray();
    }

    private static T Unpack<T>(byte[] packed, JsonTypeInfo<T> type)
    {
        using var plain = new MemoryStream();
        try
        {
            using var compressed = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = compressed.Read(buffer)) > 0)
            {
                if (plain.Length + read > MaxPlain)
                    throw new SealException($"the message has more than {MaxPlain} bytes");
                plain.Write(buffer, 0, read);
            }

            return JsonSerializer.Deserialize(plain.GetBuffer().AsSpan(0, (int)plain.Length), type)
                ?? throw new SealException("the message is empty");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or InvalidDataException)
        {
            throw new SealException("the message is not understood; update the older node");
        }
    }
}
