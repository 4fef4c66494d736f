using EPortal.Data;
using EPortal.Feeds;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Agents;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>Objects of features are made once, for the server and for commands.</summary>
public sealed class CompositionTests
{
    [Fact]
    public async Task Everything_that_features_add_can_be_made_and_is_one_object_in_the_web_application()
    {
        await using var portal = await TestPortal.StartAsync();
        var objects = new ServiceCollection();

        portal.Portal.AddTo(objects);

        objects.Select(added => added.ServiceType).ShouldContain(typeof(KeyStore));
        objects.Select(added => added.ServiceType).ShouldContain(typeof(PatchSourceManager));
        foreach (var of in objects.GroupBy(added => added.ServiceType))
            portal.Services.GetServices(of.Key).ShouldBe(of.Select(added => added.ImplementationInstance));
        portal.Portal.Get<KeyStore>().ShouldBeSameAs(portal.Services.GetRequiredService<KeyStore>());
        portal.Portal.Get<ServerCache>().ShouldBeSameAs(portal.Services.GetRequiredService<ServerCache>());
        portal.Portal.Database.ShouldBeSameAs(portal.Services.GetRequiredService<Database>());
        portal.Portal.Log.ShouldBeSameAs(portal.Services.GetRequiredService<ChangeLog>());
        portal.Portal.Get<Upstream>().ShouldBeSameAs(portal.Services.GetRequiredService<Upstream>());
    }

    [Fact]
    public async Task Each_table_that_grows_is_trimmed_once()
    {
        await using var portal = await TestPortal.StartAsync();

        portal
            .Services.GetServices<Retention>()
            .Select(retention => retention.Table)
            .ShouldBe(["operation", "user_log", "server_history"]);
    }

    [Fact]
    public async Task What_the_web_application_was_given_outlives_it()
    {
        using var folder = new TempFolder();
        await using var portal = Portal.Open(
            Settings.Defaults with
            {
                DataDir = folder.File("data"),
                RunAs = Shell.IsRoot ? "root" : null,
                PatchSourceUrl = new Uri("http://127.0.0.1:9/"),
            },
            TimeProvider.System
        );
        await using (var app = WebPortal.Build(portal))
        {
            using var before = app.Services.GetRequiredService<PatchSourceManager>().Take();
            before.Connection.ShouldNotBeNull();
        }

        await portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        portal.Feeds.List().Count.ShouldBe(2);
        using var after = portal.Source.Take();
        after.Connection.ShouldNotBeNull();
    }
}
