using System.Globalization;
using System.Text;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>
/// What monitoring asks for with a key and no login. Who has the key can register a host with it anyway; of others
/// nothing is shown.
/// </summary>
internal static class KeyReportEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapApi(
                HttpMethods.Get,
                "/kcare/nagios/{key?}",
                ApiRole.Open,
                "Servers of a key that are out of date, for Nagios and Zabbix",
                (string? key, Database database, Offers offers, TimeProvider time) =>
                    TypedResults.Text(Nagios(key ?? "", All(key, database, offers, time)))
            )
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .AddEndpointFilter(AskGuard);
        routes
            .MapApi(
                HttpMethods.Get,
                "/kcare/patchset/{key?}",
                ApiRole.Open,
                "Address, kernel and level of the servers of a key",
                (string? key, Database database, Offers offers, TimeProvider time) =>
                    new PatchsetData([
                        .. All(key, database, offers, time)
                            .Select(server =>
                                new object[] { server.Facts.Ip, server.Facts.KernelId, server.Facts.PatchLevel }
                            ),
                    ])
            )
            .AddEndpointFilter(AskGuard);
        routes
            .MapApi(
                HttpMethods.Get,
                "/kcare/patchset.json",
                ApiRole.Open,
                "Address, host name, kernel and level of the servers of a key",
                (ApiParameters parameters, Database database, Offers offers, TimeProvider time) =>
                    All(parameters.Text("key"), database, offers, time)
                        .Select(server => new PatchsetOfServer(
                            server.Facts.Ip,
                            server.Facts.Hostname,
                            server.Facts.KernelId,
                            server.Facts.PatchLevel
                        ))
                        .ToList(),
                new ApiParameter("key", "registration key", Required: true)
            )
            .AddEndpointFilter(AskGuard);
    }

    /// <summary>Unknown keys are answered as ever, as keys without servers, but not without end.</summary>
    private static async ValueTask<object?> AskGuard(
        EndpointFilterInvocationContext invocation,
        EndpointFilterDelegate next
    )
    {
        var context = invocation.HttpContext;
        var keys = context.RequestServices.GetRequiredService<KeyGuard>();
        var key =
            context.GetRouteValue("key") as string
            ?? invocation.Arguments.OfType<ApiParameters>().FirstOrDefault()?.Text("key")
            ?? "";
        return
            key.Length > 0 && await keys.Try(context.Client(), key, context.RequestAborted) == SecretOutcome.Throttled
            ? keys.Guard.TooManyResult(context)
            : await next(invocation);
    }

    /// <summary>The report: a line with the counts, then a line for each that is out of date.</summary>
    private static string Nagios(string key, List<Server> servers)
    {
        if (servers.Count == 0)
            return $"Servers not found for key {Plain(new string([.. key.Where(c => !char.IsControl(c)).Take(KeyGuard.MaxName)]))}\n";
        var active = servers.Where(server => !server.Inactive).ToList();
        var outdated = active.Where(server => server.Status == ServerStatus.Outdated).ToList();
        var text = new StringBuilder();
        text.Append(outdated.Count == 0 ? "All machines are up to date" : $"{outdated.Count} machines are OUTOFDATE!");
        text.Append(
            CultureInfo.InvariantCulture,
            $"|uptodate={Count(ServerStatus.UpToDate)};outofdate={outdated.Count};"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"unsupported={Count(ServerStatus.Unsupported)};inactive={servers.Count - active.Count}\n"
        );
        foreach (var server in outdated)
            text.Append(
                CultureInfo.InvariantCulture,
                $"{Plain(server.Facts.Hostname)} ({server.Facts.Ip}) is OUTOFDATE\n"
            );
        return text.ToString();

        int Count(ServerStatus status) => active.Count(server => server.Status == status);
    }

    /// <summary>
    /// A text without what means something to a monitoring system: a bar begins performance data, wherever it stands.
    /// </summary>
    private static string Plain(string text) => VisibleText.Of(text).Replace('|', '/').Replace(';', ',');

    private static List<Server> All(string? key, Database database, Offers offers, TimeProvider time)
    {
        var servers = new List<Server>();
        if (string.IsNullOrEmpty(key))
            return servers;
        return database.Read(session =>
        {
            var query = new ServerQuery { Key = key, Limit = ServerQuery.MaxLimit };
            IReadOnlyList<Server> page;
            do
            {
                page = query.Run(session, offers, time.GetUtcNow());
                servers.AddRange(page);
                query = query with { Offset = query.Offset + query.Limit };
            } while (page.Count == query.Limit);
            return servers;
        });
    }
}

/// <summary>Rows of address, kernel id and level.</summary>
internal sealed record PatchsetData(IReadOnlyList<object[]> Data);

/// <summary>What a server runs.</summary>
internal sealed record PatchsetOfServer(string Ip, string Host, string KernelId, long PatchLevel);
