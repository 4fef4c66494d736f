using System.Net;
using EPortal.Hosting;
using EPortal.Hosting.Service;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class ListenSocketsTests
{
    [Fact]
    public void An_address_of_another_machine_is_named()
    {
        // RFC 5737: no machine has it.
        var address = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 8080);

        Should
            .Throw<StartException>(() => ListenSockets.Own.Open(address))
            .Message.ShouldBe(
                "cannot listen on 203.0.113.7:8080 (LISTEN): no interface of this machine has this address"
            );
    }
}
