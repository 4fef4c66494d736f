using EPortal.Api;
using EPortal.Tests.Agents;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EPortal.Tests.Api;

/// <summary>The calls that a portal has, as its routes tell.</summary>
internal static class ApiCalls
{
    /// <summary>All of them, by path below <c>/admin/api</c>.</summary>
    public static IEnumerable<(string Method, string Path, string[] Parameters)> Of(TestPortal portal) =>
        from endpoint in portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let call = endpoint.Metadata.GetMetadata<ApiCall>()
        where call is not null
        let method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]
        select (
            method,
            endpoint.RoutePattern.RawText![ApiRoutes.Base.Length..],
            call.Parameters.Select(one => one.Name).ToArray()
        );
}
