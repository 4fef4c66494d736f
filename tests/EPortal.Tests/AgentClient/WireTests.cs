using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EPortal.AgentClient.Wire;
using Shouldly;
using Xunit;

namespace EPortal.Tests.AgentClient;

public sealed class WireTests
{
    [Fact]
    public void Facts_have_the_names_of_the_protocol()
    {
        var facts = new CheckInRequest
        {
            Tags = "a",
            StickyPatchset = "K1",
            UpdateDelay = 60,
            LastUpdate = new LastUpdate { At = DateTimeOffset.UnixEpoch },
        };
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(facts, AgentJson.Default.CheckInRequest));
        json.RootElement.EnumerateObject()
            .Select(p => p.Name)
            .ShouldBe([
                "server_id",
                "hostname",
                "kernel_id",
                "release",
                "euname",
                "patch_level",
                "patch_type",
                "uptime",
                "version",
                "virt",
                "kcare_version",
                "distro",
                "distro_version",
                "machine",
                "processor",
                "tags",
                "sticky_patchset",
                "update_delay",
                "last_update",
            ]);
        json.RootElement.GetProperty("last_update")
            .EnumerateObject()
            .Select(p => p.Name)
            .ShouldBe(["level", "patchset", "result", "message", "at"]);
    }

    [Fact]
    public void What_is_not_stated_is_left_out() =>
        JsonSerializer
            .Serialize(new CheckInAnswer(), AgentJson.Default.CheckInAnswer)
            .ShouldBe("{\"supported\":false}");

    [Theory]
    [InlineData("""{"hostname":null}""", "$.hostname")]
    [InlineData("""{"patch_level":"2"}""", "$.patch_level")]
    [InlineData("""{"patch_level":4294967296}""", "$.patch_level")]
    [InlineData("""{"last_update":{"at":"yesterday"}}""", "$.last_update.at")]
    public void A_wrong_field_is_named(string json, string path) =>
        Should
            .Throw<JsonException>(() => JsonSerializer.Deserialize(json, AgentJson.Default.CheckInRequest))
            .Path.ShouldBe(path);

    [Fact]
    public void What_may_be_absent_is_never_null()
    {
        Read("{}", AgentJson.Default.CheckInRequest).ShouldBe(new CheckInRequest());
        Read("{}", AgentJson.Default.ErrorAnswer).ShouldBe(new ErrorAnswer());
        Read("{}", AgentJson.Default.BuildIdsRequest).BuildIds.ShouldBeEmpty();
        Read("{}", AgentJson.Default.BuildIdsAnswer).Patches.ShouldBeEmpty();
        Read("""{"files":[{}]}""", AgentJson.Default.CheckInAnswer).Files!.Single().ShouldBe(new OfferedFile());
        Read("""{"last_update":{}}""", AgentJson.Default.CheckInRequest).LastUpdate.ShouldBe(new LastUpdate());
        Read("""{"patches":[{}]}""", AgentJson.Default.BuildIdsAnswer).Patches.Single().Files.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_given_twice_is_refused() =>
        Should.Throw<JsonException>(() =>
            JsonSerializer.Deserialize("""{"server_id":"A","server_id":"B"}""", AgentJson.Default.CheckInRequest)
        );

    [Fact]
    public void Names_of_a_later_version_are_passed_over() =>
        JsonSerializer
            .Deserialize("""{"server_id":"A","colour":"red"}""", AgentJson.Default.CheckInRequest)!
            .ServerId.ShouldBe("A");

    private static T Read<T>(string json, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(json, type)!;
}
