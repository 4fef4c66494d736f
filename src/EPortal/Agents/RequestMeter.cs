namespace EPortal.Agents;

/// <summary>Measures requests that are answered ahead of the rest of the pipeline.</summary>
internal abstract class RequestMeter
{
    /// <summary>Counts one.</summary>
    /// <param name="route">Route it would have gone.</param>
    /// <param name="method">Its method.</param>
    /// <param name="status">Of the answer.</param>
    /// <param name="begun">When it came, as <see cref="System.Diagnostics.Stopwatch"/> tells.</param>
    public abstract void Count(string route, string method, int status, long begun);

    /// <summary>Counts a patch file that was sent whole.</summary>
    public abstract void CountFile(string route, int status, long begun, long bytes);
}
