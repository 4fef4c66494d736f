using CsCheck;
using Kcarectl;
using Kcarectl.Kernel;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

public sealed class ModuleInfoTests
{
    [Fact]
    public void The_name_is_found() =>
        ModuleInfo.LivepatchName(new MemoryStream(TinyModule.Build("kpatch_7")), "x").ShouldBe("kpatch_7");

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a-b")]
    public void A_name_that_no_module_has_is_refused(string name) =>
        Should.Throw<AgentException>(() => ModuleInfo.LivepatchName(new MemoryStream(TinyModule.Build(name)), "x"));

    [Fact]
    public void Damaged_files_are_refused_and_never_crash() =>
        Gen.Select(Gen.Int[0, TinyModule.Build("kpatch_7").Length - 1], Gen.Byte, Gen.Bool)
            .Sample(
                (at, value, cut) =>
                {
                    var file = TinyModule.Build("kpatch_7");
                    file[at] = value;
                    using var stream = new MemoryStream(cut ? file[..at] : file);
                    try
                    {
                        ModuleInfo.LivepatchName(stream, "x").ShouldMatch("^[A-Za-z0-9_]+$");
                    }
                    catch (AgentException e)
                    {
                        e.Message.ShouldStartWith("x is ");
                    }
                }
            );
}
