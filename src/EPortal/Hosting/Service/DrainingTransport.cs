using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace EPortal.Hosting.Service;

/// <summary>
/// The sockets of the web server with a stop that cuts nobody: first nothing is accepted any more, so callers wait in
/// the listening socket for the next process; then connections get <see cref="Grace"/> to send a request that is on its
/// way and have it answered, and with that answer are told to close. The web server alone would close those that wait
/// for a request, also where it has been sent already.
/// </summary>
internal sealed class DrainingTransport(
    IOptions<SocketTransportOptions> options,
    ILoggerFactory loggers,
    TimeProvider time
) : IConnectionListenerFactory, IHostedLifecycleService
{
    /// <summary>How long connections are waited for.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly SocketTransportFactory _sockets = new(options, loggers);
    private readonly ConcurrentBag<Listener> _listeners = [];
    private volatile bool _isDraining;

    /// <summary>Has every answer of a web application close its connection from the stop on.</summary>
    public void UseIn(IApplicationBuilder app) =>
        app.Use(next =>
            context =>
            {
                if (_isDraining)
                    context.Response.Headers.Connection = "close";
                return next(context);
            }
        );

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default
    )
    {
        var listener = new Listener(await _sockets.BindAsync(endpoint, cancellationToken));
        _listeners.Add(listener);
        return listener;
    }

    /// <summary>Runs before the web server is told to stop.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in _listeners)
            await listener.UnbindAsync(cancellationToken);
        _isDraining = true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var grace = Task.Delay(Grace, time, stop.Token);
        await Task.WhenAny(grace, Task.WhenAll(_listeners.Select(listener => listener.AllClosed())));
        await stop.CancelAsync();
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

    /// <summary>Knows its connections.</summary>
    private sealed class Listener(IConnectionListener inner) : IConnectionListener
    {
        private readonly ConcurrentDictionary<ConnectionContext, TaskCompletionSource> _open = new();

        private readonly TaskCompletionSource _lastAccepted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (await inner.AcceptAsync(cancellationToken) is not { } connection)
            {
                _lastAccepted.TrySetResult();
                return null;
            }

            _open[connection] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.ConnectionClosed.UnsafeRegister(
                _ =>
                {
                    if (_open.TryRemove(connection, out var closed))
                        closed.SetResult();
                },
                null
            );
            return connection;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) =>
            inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        /// <summary>Ends when nothing is accepted any more and all connections are closed.</summary>
        public async Task AllClosed()
        {
            await _lastAccepted.Task;
            await Task.WhenAll(_open.Values.Select(closed => closed.Task));
        }
    }
}
