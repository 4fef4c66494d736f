using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using EPortal.Accounts;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.Tests.Agents.Packages;
using EPortal.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// The portal as <c>eportal serve</c> runs it, in this process: real sockets, a real store in a folder of its own, and
/// a clock that the test moves.
/// </summary>
internal sealed class TestPortal : IAsyncDisposable
{
    public const string Key = "k";

    /// <summary>Of passwords that many tests check; a wrong one of an unknown user costs as much.</summary>
    public static readonly PasswordCost CheapHash = new(MemoryKiB: 8, Passes: 1);

    public static readonly string KernelId = new('a', 40);

    public static readonly Actor Admin = new("tester", "192.0.2.1");

    private readonly TempFolder _folder;
    private readonly WebApplication _app;

    private TestPortal(TempFolder folder, Portal portal, WebApplication app, FakeTimeProvider time)
    {
        (_folder, Portal, _app, Time) = (folder, portal, app, time);
        Address = new Uri(app.Urls.First());
        Http = new HttpClient(
            new SocketsHttpHandler { AllowAutoRedirect = false, Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }
        )
        {
            BaseAddress = Address,
        };
    }

    public Portal Portal { get; }

    /// <summary>What the web application was made of.</summary>
    public IServiceProvider Services => _app.Services;

    public FakeTimeProvider Time { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public string DataFolder => Portal.Settings.DataDir;

    /// <summary>What was logged, a text an entry.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one with key <see cref="Key"/> on feed main.</summary>
    public static async Task<TestPortal> StartAsync(Func<Settings, Settings>? change = null, DateTimeOffset? now = null)
    {
        var folder = new TempFolder();
        var settings = Settings.Defaults with
        {
            DataDir = folder.File("data"),
            Listen = [new Uri("http://127.0.0.1:0")],
            RunAs = Shell.IsRoot ? "root" : null,
            RegisterRateLimit = 0,
            // They write when the clock is moved.
            ServerStatsPeriod = null,
            SendCheckinPeriod = null,
        };
        var time = new FakeTimeProvider(now ?? new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        var portal = Portal.Open(
            change?.Invoke(settings) ?? settings,
            time,
            change: services => services.AddSingleton(CheapHash)
        );
        AgentRepositoryKey.PutInto(portal.Settings.DataDir);
        var app = WebPortal.Build(portal);
        await app.StartAsync(Cancellation);
        var started = new TestPortal(folder, portal, app, time);
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(new LogKeeper(started.Log));
        await portal.Keys.Add(Admin, Key, new KeySettings());
        return started;
    }

    /// <summary>Registers a host over HTTP and returns its id.</summary>
    public async Task<string> RegisterAsync(string hostname = "web1", string key = Key)
    {
        var answer = await GetPlainAsync($"register_server.plain?hostname={Uri.EscapeDataString(hostname)}&key={key}");
        return answer["server_id"];
    }

    /// <summary>A plain call; its lines by name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> GetPlainAsync(string call) =>
        Lines(await Http.GetStringAsync($"/admin/api/kcare/{call}", Cancellation));

    public static IReadOnlyDictionary<string, string> Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

    public static CheckInRequest Facts(string serverId) =>
        new()
        {
            ServerId = serverId,
            Hostname = "web1",
            KernelId = KernelId,
            Release = "6.1.0-18-amd64",
            Euname = "6.1.0-18-amd64",
            Uptime = 100,
            KcareVersion = "1.0",
            Distro = "debian",
            DistroVersion = "12",
            Machine = "x86_64",
        };

    /// <summary>Checks in, from <paramref name="address"/> when a proxy in front says so.</summary>
    public async Task<HttpResponseMessage> CheckInAsync(CheckInRequest facts, string? address = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/kcare/checkin")
        {
            Content = JsonContent.Create(facts, AgentJson.Default.CheckInRequest),
        };
        if (address is not null)
            request.Headers.Add("X-Forwarded-For", address);
        return await Http.SendAsync(request, Cancellation);
    }

    /// <summary>
    /// Posts a body as it is, when the portal is ready for it: a refusal of its size would be lost otherwise.
    /// </summary>
    public async Task<HttpResponseMessage> PostAsync(string path, string body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, type),
        };
        request.Headers.ExpectContinue = true;
        return await Http.SendAsync(request, Cancellation);
    }

    /// <summary>Sends a request to the patch server with the credentials of a server.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        string? serverId = null,
        Action<HttpRequestHeaders>? headers = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (serverId is not null)
            request.Headers.Authorization = Basic($"{serverId}:kernelcare");
        headers?.Invoke(request.Headers);
        return await Http.SendAsync(request, Cancellation);
    }

    public Task<HttpResponseMessage> GetAsync(
        string path,
        string? serverId = null,
        Action<HttpRequestHeaders>? headers = null
    ) => SendAsync(HttpMethod.Get, path, serverId, headers);

    public static AuthenticationHeaderValue Basic(string credentials) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));

    /// <summary>Deploys a patchset of one target onto a feed.</summary>
    public async Task DeployAsync(
        string name,
        int level,
        string feed = Feed.Main,
        Product product = Product.Kernel,
        string? target = null,
        byte[]? payload = null,
        MinisignSecretKey? key = null,
        params IReadOnlyList<string> cves
    )
    {
        using var archive = await Archives.MakeAsync(
            name,
            level,
            Time.GetUtcNow().AddDays(level - 100),
            product,
            target ?? KernelId,
            payload,
            key,
            cves
        );
        await Portal.Patchsets.Deploy(
            Admin,
            product,
            archive,
            (change, patchset) => Rollout.Enable(change, (FeedStore.Get(change.Session, feed), patchset)),
            Cancellation
        );
    }

    /// <summary>The one server there is, as lists show it.</summary>
    public Server TheServer() => Portal.Servers.List(new ServerQuery(), Portal.Offers).Single();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Portal.DisposeAsync();
        _folder.Dispose();
    }

    private sealed class LogKeeper(ConcurrentQueue<string> kept) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => kept.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose() { }
    }
}
