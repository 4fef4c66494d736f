using System.Text;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Kernel;

public sealed class GuestMachineTests(GuestFixture fixture) : IClassFixture<GuestFixture>
{
    private GuestMachine Guest => fixture.Guest;

    [Fact]
    public async Task The_guest_runs_the_prepared_kernel()
    {
        (await Guest.ReadAsync("uname -r")).ShouldBe(fixture.Laboratory.Release);
        (await Guest.ReadAsync("cat /proc/1/comm")).ShouldBe("init");
    }

    [Fact]
    public async Task The_exact_bytes_of_proc_version_can_be_read()
    {
        var version = await Guest.ReadFileAsync("/proc/version");

        version[^1].ShouldBe((byte)'\n');
        Encoding.UTF8.GetString(version).ShouldStartWith($"Linux version {fixture.Laboratory.Release} ");
        Convert.ToBase64String(version).ShouldBe(await Guest.ReadAsync("base64 -w 0 /proc/version"));
    }

    [Fact]
    public async Task A_command_returns_its_exit_code_and_both_of_its_outputs_byte_for_byte()
    {
        var result = await Guest.RunAsync("printf 'out\\000\\r\\n\\377'; printf 'err\\n' >&2; exit 7");

        result.ExitCode.ShouldBe(7);
        result.Output.ShouldBe([.. "out\0\r\n"u8, 0xFF]);
        result.Stderr.ShouldBe("err\n");
    }

    [Fact]
    public async Task A_command_that_leaves_a_writer_behind_does_not_disturb_the_next()
    {
        (await Guest.RunAsync("yes & echo $! > /tmp/writer")).ExitCode.ShouldBe(0);

        (await Guest.RunAsync("kill $(cat /tmp/writer)")).ExitCode.ShouldBe(0);
        (await Guest.ReadAsync("echo still here")).ShouldBe("still here");
    }

    [Fact]
    public async Task A_file_arrives_in_the_guest_as_it_was()
    {
        var content = new byte[150_001];
        new Random(5).NextBytes(content);

        await Guest.PutFileAsync("/tmp/file", content);

        (await Guest.ReadFileAsync("/tmp/file")).ShouldBe(content);
    }

    [Fact]
    public async Task A_file_given_at_the_start_is_there()
    {
        foreach (var module in GuestFixture.Modules)
        {
            var expected = await File.ReadAllBytesAsync(
                fixture.Laboratory.ModulePath(module),
                TestContext.Current.CancellationToken
            );
            (await Guest.ReadFileAsync($"/lab/{module}.ko")).ShouldBe(expected);
        }

        (await Guest.ReadAsync("stat -c '%a %u %F' /lab /lab/kpatch_demo_1.ko")).ShouldBe(
            "755 0 directory\n644 0 regular file"
        );
    }

    [Fact]
    public async Task A_program_of_this_machine_finds_its_C_library() =>
        (await Guest.ReadAsync("/usr/bin/mawk 'BEGIN { print exp(0) }'")).ShouldBe("1");

    [Fact]
    public async Task The_guest_reaches_the_hosts_loopback()
    {
        await using var server = new OneAnswerServer("hello from the host");

        (await Guest.ReadAsync($"wget -q -O - http://{GuestMachine.HostAddress}:{server.Port}/")).ShouldBe(
            "hello from the host"
        );
    }
}
