using System.Net;
using EPortal.AgentClient;
using Shouldly;
using Xunit;

namespace EPortal.Tests.AgentClient;

/// <summary>Whom <c>no_proxy</c> excepts; what curl says of each stands beside it.</summary>
public sealed class EnvironmentProxyTests
{
    [Theory]
    [InlineData("*", "http://portal.example.com/", true)]
    [InlineData("example.com", "http://example.com/", true)]
    [InlineData("example.com", "http://portal.example.com/", true)]
    [InlineData(".example.com", "http://portal.example.com/", true)]
    [InlineData(".example.com", "http://example.com/", true)]
    [InlineData("EXAMPLE.com", "http://Portal.Example.COM/", true)]
    [InlineData("example.com.", "http://portal.example.com/", true)]
    [InlineData("example.com", "http://portal.example.com./", true)]
    [InlineData("ample.com", "http://example.com/", false)]
    [InlineData("portal.example.com", "http://example.com/", false)]
    [InlineData("a.org, example.com\tb.org", "http://portal.example.com/", true)]
    [InlineData("example.com:8443", "https://example.com:8443/", true)]
    [InlineData("example.com:8443", "https://example.com/", false)]
    [InlineData("192.0.2.4", "http://192.0.2.4/", true)]
    [InlineData("192.0.2.4", "http://192.0.2.5/", false)]
    [InlineData("2.4", "http://192.0.2.4/", false)]
    [InlineData("192.0.2.0/24", "http://192.0.2.99:8080/", true)]
    [InlineData("192.0.2.0/24", "http://192.0.3.1/", false)]
    [InlineData("192.0.2.0/33", "http://192.0.2.1/", false)]
    [InlineData("2001:db8::/32", "http://[2001:db8::1]/", true)]
    [InlineData("2001:db8::1", "http://[2001:db8::1]/", true)]
    [InlineData("[2001:db8::1]", "http://[2001:db8::1]/", true)]
    [InlineData("", "http://example.com/", false)]
    [InlineData(null, "http://example.com/", false)]
    [InlineData(",,.,", "http://example.com/", false)]
    public void Exceptions(string? exceptions, string address, bool excepted)
    {
        var proxy = new EnvironmentProxy(new WebProxy("http://proxy:3128"), exceptions);

        proxy.IsBypassed(new Uri(address)).ShouldBe(excepted);
        proxy.GetProxy(new Uri(address)).ShouldBe(excepted ? null : new Uri("http://proxy:3128"));
    }
}
