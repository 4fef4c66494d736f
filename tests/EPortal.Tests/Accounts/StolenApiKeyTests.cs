using System.Net;
using System.Text;
using EPortal.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>C25: API keys that are stolen, old, or guessed.</summary>
[Trait("threat", "C25")]
public sealed class StolenApiKeyTests
{
    [Fact]
    public async Task Only_a_hash_of_it_is_kept_and_no_log_has_it()
    {
        await using var api = await ApiCaller.StartAsync();
        var key = await Make(api);
        var secret = key.Split('_')[2];
        await Call(api, key);
        await Call(api, key + "x");

        foreach (var file in Directory.EnumerateFiles(api.Portal.DataFolder, "*", SearchOption.AllDirectories))
            Encoding.Latin1.GetString(await ReadShared(file)).ShouldNotContain(secret, Case.Sensitive, file);
        api.Portal.Log.ShouldNotContain(line => line.Contains(secret));
        (await api.Get("/user-log")).Text.ShouldNotContain(secret);
    }

    [Fact]
    public async Task Revoked_it_is_dead_at_once()
    {
        await using var api = await ApiCaller.StartAsync();
        var key = await Make(api);
        (await Call(api, key)).ShouldBe(HttpStatusCode.OK);

        await api.Delete($"/api-keys/{key.Split('_')[1]}");

        (await Call(api, key)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Expired_it_is_dead_to_the_second()
    {
        await using var api = await ApiCaller.StartAsync();
        var key = await Make(api, ("expires_days", "1"));

        api.Portal.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        (await Call(api, key)).ShouldBe(HttpStatusCode.OK);
        api.Portal.Time.Advance(TimeSpan.FromSeconds(1));
        (await Call(api, key)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task With_its_user_it_dies_and_does_not_come_back()
    {
        await using var api = await ApiCaller.StartAsync();
        var users = api.Portal.Portal.Users;
        var key = await Make(api);

        await users.Delete(TestPortal.Admin, ApiCaller.Admin);
        (await Call(api, key)).ShouldBe(HttpStatusCode.Unauthorized);
        await users.Add(TestPortal.Admin, ApiCaller.Admin, new UserSettings(ApiCaller.Password, IsAdmin: true));
        (await Call(api, key)).ShouldBe(HttpStatusCode.Unauthorized);
        Rows.Count(api.Portal, "api_key").ShouldBe(0);
    }

    [Fact]
    public async Task It_has_its_users_rights_of_now()
    {
        await using var api = await ApiCaller.StartAsync();
        var key = await Make(api);
        (await Call(api, key, "POST", "/feeds?name=a")).ShouldBe(HttpStatusCode.OK);

        await api.Portal.Portal.Users.Update(TestPortal.Admin, ApiCaller.Admin, new UserSettings(IsAdmin: false));

        (await Call(api, key, "POST", "/feeds?name=b")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_is_only_nearly_it_opens_nothing()
    {
        await using var api = await ApiCaller.StartAsync();
        var key = await Make(api);
        var (id, secret) = (key.Split('_')[1], key.Split('_')[2]);
        var other = (await Make(api)).Split('_');

        foreach (
            var wrong in (string[])
                [
                    "",
                    "ep_",
                    key + "0",
                    key[..^1],
                    key.ToUpperInvariant(),
                    $"ep_{id}_",
                    $"ep_{id}",
                    $"ep__{secret}",
                    $"ep_{other[1]}_{secret}",
                    $"ep_{id}_{other[2]}",
                    $"EP_{id}_{secret}",
                    $"{id}_{secret}",
                    "ep_%_" + secret,
                    $"ep_{id}_{secret}_x",
                    new string('x', 5000),
                ]
        )
        {
            (await Call(api, wrong)).ShouldBe(HttpStatusCode.Unauthorized, wrong);
            api.Portal.Time.Advance(TimeSpan.FromSeconds(10)); // Until one more wrong one is looked at.
        }

        (await Call(api, key)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_wrong_key_is_not_made_good_by_a_right_password()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/feeds");
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");
        request.Headers.Add("X-Api-Key", "ep_x_y");

        (await api.Send(request)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<string> Make(ApiCaller api, params (string, string)[] more) =>
        (await api.Post("/api-keys", [("name", "test"), .. more])).Result.GetProperty("key").GetString()!;

    private static async Task<HttpStatusCode> Call(
        ApiCaller api,
        string key,
        string method = "GET",
        string path = "/feeds"
    ) => (await AccountsCallTests.ByKey(api, key, method, path)).Status;

    private static async Task<byte[]> ReadShared(string path)
    {
        await using var file = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete
        );
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }
}
