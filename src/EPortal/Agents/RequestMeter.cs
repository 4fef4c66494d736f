namespace EPortal.Agents;

/// <summary>Measures requests that are answered before the rest of the pipeline.</summary>
internal abstract class RequestMeter
{
    /// <summary>Counts one.</summary>
    /// <param name="route">Route it would have taken.</param>
    /// <param name="method">Its method.</param>
    /// <param name="status">Of the answer.</param>
    /// <param name="begun">When it arrived, as a <see cref="System.Diagnostics.Stopwatch"/> timestamp.</param>
    public abstract void Count(string route, string method, int status, long begun);

    /// <summary>Counts a patch file that was sent whole.</summary>
    public abstract void CountFile(string route, int status, long begun, long bytes);
}
