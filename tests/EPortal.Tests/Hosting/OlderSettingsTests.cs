using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>Settings that an older portal left: its file and its environment.</summary>
public sealed class OlderSettingsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("# nothing but comments, as a package installs it\n")]
    public void A_file_of_an_older_portal_is_read_with_a_warning_while_the_new_one_sets_nothing(string? config)
    {
        var older = _folder.Write("local.py", "CACHE_MODE = True\nDEBUG = False\n");
        var result = Load(config, older);
        result.Settings.ShouldNotBeNull().CacheMode.ShouldBeTrue();
        result
            .Problems.Select(problem => problem.ToString())
            .ShouldBe([
                $"{older}: read because {_folder.File("config")} sets nothing; write the settings there, then this file is not read any more",
                $"{older}:2: unknown setting DEBUG ignored",
            ]);
    }

    [Fact]
    public void A_file_that_sets_something_counts_alone()
    {
        var result = Load("LIMIT_PATCHSETS = 3\n", _folder.Write("local.py", "CACHE_MODE = True\n"));
        result.Problems.ShouldBeEmpty();
        (result.Settings!.CacheMode, result.Settings.LimitPatchsets).ShouldBe((false, 3));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_not_passed_over_for_an_older_one() =>
        Load("CACHE_MODE = maybe\n", _folder.Write("local.py", "CACHE_MODE = True\n")).Settings.ShouldBeNull();

    [Fact]
    public void Whom_to_run_as_is_not_taken_from_an_older_file() =>
        Load(null, _folder.Write("local.py", "RUN_AS = 'root'\n")).Settings.ShouldNotBeNull().RunAs.ShouldBeNull();

    [Theory]
    [InlineData("0", false)]
    [InlineData("0\n", false)]
    [InlineData("1", true)]
    public void Pythons_variable_switches_the_check_of_certificates_off_with_a_loud_warning(
        string value,
        bool isChecked
    )
    {
        var result = SettingsLoader.Load(
            new Dictionary<string, string> { ["PYTHONHTTPSVERIFY"] = value },
            _folder.File("absent")
        );
        result.Settings.ShouldNotBeNull().PatchSourceCheckCert.ShouldBe(isChecked);
        result.Warnings.Any(w => w.Message.Contains("not checked", StringComparison.Ordinal)).ShouldBe(!isChecked);
    }

    private SettingsResult Load(string? config, string older)
    {
        var path = config is null ? _folder.File("config") : _folder.Write("config", config);
        return SettingsLoader.Load(new Dictionary<string, string>(), path, [_folder.File("absent.py"), older]);
    }
}
