using System.Runtime.CompilerServices;

namespace EPortal.Api;

/// <summary>How often each outcome came about since the start, for metrics. Any thread may count.</summary>
/// <typeparam name="T">The outcomes, numbered from 0 without gaps.</typeparam>
internal sealed class OutcomeCounts<T>
    where T : struct, Enum
{
    private readonly long[] _counts = new long[Enum.GetValues<T>().Length];

    /// <summary>How often so far.</summary>
    public long this[T outcome] => Interlocked.Read(ref _counts[Index(outcome)]);

    /// <summary>Once more.</summary>
    public void Add(T outcome) => Interlocked.Increment(ref _counts[Index(outcome)]);

    private static int Index(T outcome) => Unsafe.As<T, int>(ref outcome);
}
