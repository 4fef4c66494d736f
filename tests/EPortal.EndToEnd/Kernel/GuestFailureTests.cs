using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Kernel;

public sealed class GuestFailureTests
{
    [Fact]
    public async Task A_kernel_that_panics_is_reported_with_its_last_words()
    {
        await using var guest = await GuestMachine.StartAsync(await KernelLaboratory.GetAsync());

        var failure = await Should.ThrowAsync<GuestException>(() => guest.RunAsync("echo c > /proc/sysrq-trigger"));

        failure.Message.ShouldStartWith("The guest died during echo c > /proc/sysrq-trigger.");
        failure.Message.ShouldContain("Kernel panic - not syncing: sysrq triggered crash");
    }

    [Fact]
    public async Task A_command_without_end_is_given_up_and_the_guest_ends_with_its_owner()
    {
        var guest = await GuestMachine.StartAsync(await KernelLaboratory.GetAsync());

        var failure = await Should.ThrowAsync<GuestException>(() =>
            guest.RunAsync("while :; do :; done", TimeSpan.FromSeconds(1))
        );
        failure.Message.ShouldStartWith("The guest had no more time for while :; do :; done.");

        ProcessesNaming(guest.ConsolePath).ShouldNotBeEmpty();
        await guest.DisposeAsync();
        ProcessesNaming(guest.ConsolePath).ShouldBeEmpty();
    }

    private static IEnumerable<string> ProcessesNaming(string argument) =>
        Directory.EnumerateDirectories("/proc").Where(p => CommandLine(p).Contains(argument, StringComparison.Ordinal));

    // A process may end while the list is being read: then it names nothing any more.
    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
