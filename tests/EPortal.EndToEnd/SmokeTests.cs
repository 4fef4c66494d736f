using Shouldly;
using Xunit;

namespace EPortal.EndToEnd;

public sealed class SmokeTests
{
    [Fact]
    public void Runs() => 1.ShouldBe(1);
}
