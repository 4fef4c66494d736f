using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace EPortal.Hosting.Service;

/// <summary>
/// The sockets of the web server with a stop that cuts nobody: first nothing is accepted any more, so callers wait in
/// the listening socket for the next process; then connections that were accepted just before get <see cref="Grace"/>
/// to send their first request and have it answered. The web server alone would close those unanswered.
/// </summary>
internal sealed class DrainingTransport(
    IOptions<SocketTransportOptions> options,
    ILoggerFactory loggers,
    TimeProvider time
) : IConnectionListenerFactory, IHostedLifecycleService
{
    /// <summary>How long after a connection was accepted it may be waited for.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly SocketTransportFactory _sockets = new(options, loggers);
    private readonly ConcurrentBag<Listener> _listeners = [];

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default
    )
    {
        var listener = new Listener(await _sockets.BindAsync(endpoint, cancellationToken), time);
        _listeners.Add(listener);
        return listener;
    }

    /// <summary>Runs before the web server is told to stop.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in _listeners)
            await listener.UnbindAsync(cancellationToken);
        await Task.WhenAll(_listeners.Select(listener => listener.FirstRequests(cancellationToken)));
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Knows since when each of its connections is there.</summary>
    private sealed class Listener(IConnectionListener inner, TimeProvider time) : IConnectionListener
    {
        private readonly ConcurrentDictionary<ConnectionContext, long> _accepted = new();

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (await inner.AcceptAsync(cancellationToken) is not { } connection)
                return null;
            _accepted[connection] = time.GetTimestamp();
            connection.ConnectionClosed.Register(() => _accepted.TryRemove(connection, out _));
            return connection;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) =>
            inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        /// <summary>Ends when all connections are closed or have had their time.</summary>
        public Task FirstRequests(CancellationToken cancel) =>
            Task.WhenAll(_accepted.Select(one => Closed(one.Key, Grace - time.GetElapsedTime(one.Value), cancel)));

        private async Task Closed(ConnectionContext connection, TimeSpan most, CancellationToken cancel)
        {
            if (most <= TimeSpan.Zero)
                return;
            var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (connection.ConnectionClosed.Register(closed.SetResult))
                await Task.WhenAny(closed.Task, Task.Delay(most, time, cancel));
        }
    }
}
