using System.Security.Cryptography;
using System.Text;

namespace EPortal.Servers;

/// <summary>What hosts ask for and do not get because they have changed too much in this hour.</summary>
internal enum HostRefusal
{
    /// <summary>Other tags.</summary>
    Tags,

    /// <summary>Lines of its history.</summary>
    History,

    /// <summary>A registration of a host that left just before.</summary>
    Registration,
}

/// <summary>
/// Counts what each host changes in an hour, so that none makes the store grow without end: by host, for thousands may
/// share an address. In memory only, two bytes a host. For the writer's thread alone, but for what says otherwise.
/// </summary>
/// <param name="perHour">Changes that a host may make in an hour; 0 for any number.</param>
/// <param name="time">The clock.</param>
internal sealed class HostChangeLimiter(int perHour, TimeProvider time)
{
    /// <summary>The most that can be counted.</summary>
    public const int Most = ushort.MaxValue - 1;

    private const int SegmentBits = 11;
    private const int MaxLeavers = 100_000;
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private readonly List<ushort[]?> _segments = [];
    private readonly Dictionary<UInt128, int> _leavers = [];
    private long _began = time.GetTimestamp();

    /// <summary>How often something was refused; any thread may look.</summary>
    public Api.OutcomeCounts<HostRefusal> Refused { get; } = new();

    /// <summary>Changes that a host may make in an hour; 0 for any number.</summary>
    public int PerHour => perHour;

    /// <summary>Until when it has to wait who has changed too much.</summary>
    public TimeSpan Wait =>
        s_hour - time.GetElapsedTime(_began) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Counts a change of the server of that number; false when it is one too many.</summary>
    /// <param name="server">This node's number of it.</param>
    /// <param name="what">What it wants.</param>
    /// <param name="isFirst">Whether it is the first in this hour that is too many.</param>
    public bool TryCount(long server, HostRefusal what, out bool isFirst)
    {
        isFirst = false;
        if (perHour == 0)
            return true;
        ref var count = ref CountOf(server);
        if (count < perHour)
        {
            count++;
            return true;
        }

        (isFirst, count) = (count == perHour, (ushort)(perHour + 1));
        Refused.Add(what);
        return false;
    }

    /// <summary>
    /// Notes that a host left which had registered at <paramref name="registered"/>; one that stayed for an hour is not
    /// counted.
    /// </summary>
    public void Left(string hostname, string ip, string key, DateTimeOffset registered)
    {
        if (perHour == 0 || (time.GetUtcNow() - registered).Duration() >= s_hour)
            return;
        Begin();
        if (_leavers.Count >= MaxLeavers)
            _leavers.Clear();
        var who = Who(hostname, ip, key);
        _leavers[who] = _leavers.GetValueOrDefault(who) + 1;
    }

    /// <summary>
    /// Whether a host of that name, address and key may register: not if it has come and left too often in this hour.
    /// </summary>
    public bool MayRegister(string hostname, string ip, string key)
    {
        Begin();
        if (_leavers.Count == 0 || _leavers.GetValueOrDefault(Who(hostname, ip, key)) < perHour)
            return true;
        Refused.Add(HostRefusal.Registration);
        return false;
    }

    private ref ushort CountOf(long server)
    {
        Begin();
        var segment = (int)(server >> SegmentBits);
        while (_segments.Count <= segment)
            _segments.Add(null);
        return ref (_segments[segment] ??= new ushort[1 << SegmentBits])[server & ((1 << SegmentBits) - 1)];
    }

    /// <summary>A new hour begins with nothing counted.</summary>
    private void Begin()
    {
        if (time.GetElapsedTime(_began) < s_hour)
            return;
        _segments.Clear();
        _leavers.Clear();
        _began = time.GetTimestamp();
    }

    private static UInt128 Who(string hostname, string ip, string key) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{ip}\n{key}\n{hostname}"))
        );
}
