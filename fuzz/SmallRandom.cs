namespace EPortal.Fuzz;

/// <summary>Numbers that are the same for the same start on every version of the platform (SplitMix64).</summary>
internal sealed class SmallRandom(ulong state)
{
    private ulong _state = state;

    public int Below(int bound) => bound <= 0 ? 0 : (int)(Next() % (ulong)bound);

    public byte Byte() => (byte)Next();

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
