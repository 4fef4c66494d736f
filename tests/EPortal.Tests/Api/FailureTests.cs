using System.Net;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>Faults of the portal itself, as callers see them.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_fault_of_the_portal_is_answered_in_the_same_form_and_told_in_the_log_alone()
    {
        await using var api = await ApiCaller.StartAsync();
        using (var store = api.Portal.Portal.Database.OpenWriter())
            store.Execute("UPDATE account SET password = 'no hash at all'");

        var answer = await api.Get("/feeds");

        answer.ShouldBeError(HttpStatusCode.InternalServerError, "internal-error");
        answer.Type.ShouldBe("application/json");
        answer.Text.ShouldNotContain("Exception");
        api.Portal.Log.ShouldContain(line => line.Contains("Request failed (HTTP: GET /admin/api/feeds"));
    }
}
