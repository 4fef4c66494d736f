using EPortal.Tests.Api;
using Shouldly;

namespace EPortal.Tests.PatchSource;

/// <summary>A portal with accounts, and a patch source that can be made to wait in the midst of an archive.</summary>
internal sealed class SourcePortal : IAsyncDisposable
{
    private readonly TaskCompletionSource _goOn = new();

    private SourcePortal(FakeSource source, ApiCaller api) => (Source, Api) = (source, api);

    public FakeSource Source { get; }

    public ApiCaller Api { get; }

    /// <summary>Starts both; the source lists K1 and is set in the settings.</summary>
    public static async Task<SourcePortal> StartAsync(bool isSet = true)
    {
        var source = await FakeSource.StartAsync();
        await source.AddAsync("K1", 1);
        source.Publish();
        return new SourcePortal(
            source,
            await ApiCaller.StartAsync(settings =>
                settings with
                {
                    PatchSourceUrl = isSet ? source.Address : null,
                    TrustedKeys = [source.Key.PublicKey.ToString()],
                    AutoUpdatePeriod = null,
                }
            )
        );
    }

    /// <summary>From now on the source sends half of the archive and waits.</summary>
    public void Hang() =>
        Source.Misbehave = async (context, path) =>
        {
            if (!path.StartsWith("archives/", StringComparison.Ordinal) || _goOn.Task.IsCompleted)
                return false;
            var content = Source.Files[path];
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content.AsMemory(0, content.Length / 2));
            await context.Response.Body.FlushAsync();
            await _goOn.Task;
            await context.Response.Body.WriteAsync(content.AsMemory(content.Length / 2));
            return true;
        };

    /// <summary>Lets it send the rest.</summary>
    public void GoOn() => _goOn.TrySetResult();

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
            TimeProvider.System.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        GoOn();
        await Api.DisposeAsync();
        await Source.DisposeAsync();
    }
}
