using System.Buffers.Binary;
using System.Net;

namespace EPortal.Api.Guards;

/// <summary>
/// The address that guards count by: an IPv4 address, also where it came mapped into IPv6 (RFC 4291, 2.5.5.2), or a
/// whole IPv6 /64, of which one host may use every address (RFC 6177). Equal by value.
/// </summary>
internal readonly record struct ClientAddress
{
    private const ulong Slash48 = ~0UL << 16;
    private const ulong Slash24 = ~0UL << 8;

    /// <summary>4 or 6; 0 for no address.</summary>
    private readonly int _version;

    /// <summary>The IPv4 address, or the first half of the IPv6 address.</summary>
    private readonly ulong _bits;

    private ClientAddress(int version, ulong bits) => (_version, _bits) = (version, bits);

    /// <summary>Whether it is a proxy's, which everybody behind it has in common.</summary>
    public bool IsShared { get; private init; }

    /// <summary>The same address, known to be a proxy's.</summary>
    public ClientAddress AsShared() => this with { IsShared = true };

    /// <summary>
    /// The provider's part of it: /24 of IPv4, /48 of IPv6. Whoever has many addresses mostly has them there.
    /// </summary>
    public ClientAddress Network => new(_version, _bits & (_version == 6 ? Slash48 : Slash24));

    /// <summary>
    /// What is counted for an address; null, which only connections that are no network's have, is one of its own.
    /// </summary>
    public static ClientAddress Of(IPAddress? address)
    {
        if (address is null)
            return default;
        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
        return bytes.Length == sizeof(uint)
            ? new(4, BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new(6, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary>The same for an address that was written down; unknown ones count as null does.</summary>
    public static ClientAddress Of(string? address) => Of(IPAddress.TryParse(address, out var parsed) ? parsed : null);

    /// <summary>As people write it: <c>192.0.2.1</c>, <c>2001:db8:1:2::/64</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        switch (_version)
        {
            case 6:
                BinaryPrimitives.WriteUInt64BigEndian(bytes, _bits);
                return $"{new IPAddress(bytes)}/64";
            case 4:
                BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)_bits);
                return new IPAddress(bytes[..4]).ToString();
            default:
                return "an unknown address";
        }
    }
}
