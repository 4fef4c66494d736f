using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;

namespace EPortal.Tests.Servers;

/// <summary>A portal with a few servers, seen by a browser that has logged in.</summary>
internal sealed class ServerFleet : IAsyncDisposable
{
    private readonly ApiCaller _api;

    private ServerFleet(ApiCaller api, Browser browser) => (_api, Browser) = (api, browser);

    public Browser Browser { get; }

    public TestPortal Portal => _api.Portal;

    public static async Task<ServerFleet> StartAsync(string user = ApiCaller.Admin)
    {
        var api = await ApiCaller.StartAsync();
        var browser = new Browser(api.Portal);
        (await browser.LogInAsync(user, ApiCaller.Password)).Dispose();
        return new ServerFleet(api, browser);
    }

    /// <summary>Registers a host that checks in, and gives its id.</summary>
    public async Task<string> AddAsync(
        string hostname,
        Func<CheckInRequest, CheckInRequest>? change = null,
        string key = TestPortal.Key
    )
    {
        var id = await Portal.RegisterAsync(hostname, key);
        var facts = TestPortal.Facts(id) with { Hostname = hostname };
        using (await Portal.CheckInAsync(change?.Invoke(facts) ?? facts)) { }

        return Find(new ServerQuery { ServerId = id }).Single().Id;
    }

    public IReadOnlyList<Server> Find(ServerQuery query) => Portal.Portal.Servers.List(query, Portal.Portal.Offers);

    public Server Server(string id) => Find(new ServerQuery { Id = id }).Single();

    public IReadOnlyList<UserLogEntry> Log(string action) =>
        Portal.Portal.Database.Read(session => new UserLogQuery { Action = action }.Run(session));

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        await _api.DisposeAsync();
    }
}
