using EPortal.Format;

namespace EPortal.Agents;

/// <summary>
/// Limits the first part of an agent's address to valid targets, so that these calls take no other name at the root.
/// </summary>
internal sealed class TargetConstraint : IRouteConstraint
{
    /// <summary>Name in route templates.</summary>
    public const string Name = "target";

    /// <inheritdoc/>
    public bool Match(
        HttpContext? httpContext,
        IRouter? route,
        string routeKey,
        RouteValueDictionary values,
        RouteDirection routeDirection
    ) => values.TryGetValue(routeKey, out var value) && value is string text && TargetId.IsValid(Product.User, text);
}
