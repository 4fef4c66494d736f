using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>The <c>local.py</c> of old versions, where there is no settings file of today.</summary>
public sealed class OlderSettingsFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Config => _folder.File("config");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_read_with_a_warning_where_there_is_no_settings_file()
    {
        var old = _folder.Write("local.py", "CACHE_MODE = True\nLIMIT_PATCHSETS = 7\n");

        var result = Load(_folder.File("absent.py"), old);

        result.Settings.ShouldNotBeNull().CacheMode.ShouldBeTrue();
        result.Settings!.LimitPatchsets.ShouldBe(7);
        result
            .Problems.ShouldHaveSingleItem()
            .ToLine()
            .ShouldBe(
                $"warning: {old}: read because {Config} sets nothing; write the settings there, then this file is not read any more"
            );
    }

    [Fact]
    public void It_is_not_read_where_there_is_one_or_one_was_named()
    {
        var old = _folder.Write("local.py", "CACHE_MODE = True\n");
        var other = _folder.Write("other", "LIMIT_PATCHSETS = 3\n");

        var named = SettingsLoader.Load(new Dictionary<string, string> { ["EPORTAL_CONFIG"] = other }, Config, old);
        _folder.Write("config", "LIMIT_PATCHSETS = 2\n");
        var today = Load(old);

        named.Settings.ShouldNotBeNull().CacheMode.ShouldBeFalse();
        named.Settings!.LimitPatchsets.ShouldBe(3);
        today.Settings.ShouldNotBeNull().CacheMode.ShouldBeFalse();
        today.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void Python_that_is_no_plain_assignment_is_left_out_with_a_warning_that_names_it()
    {
        var old = _folder.Write(
            "local.py",
            """
            # -*- coding: utf-8 -*-
            import os
            from base import *
            HERE = os.path.dirname(__file__)
            DATABASES = {
                'main': 'secret-of-mine',
            }
            if DEBUG:
                CACHE_MODE = True
            CACHE_MODES = 1
            LIMIT_PATCHSETS = 5
            LIMIT_PATCHSETS = 6
            os.environ['PASSWORD'] = 'secret-of-mine'
            PROXY = 'http://10.0.0.1:3128'
            """
        );

        var result = Load(old);

        var settings = result.Settings.ShouldNotBeNull();
        settings.CacheMode.ShouldBeFalse();
        settings.LimitPatchsets.ShouldBe(6);
        settings.Proxy.ShouldBe(new Uri("http://10.0.0.1:3128"));
        result
            .Problems.Skip(1)
            .Select(problem => (problem.Line!.Value, problem.Message.Split(" ignored")[0]))
            .ShouldBe([
                (2, "'import'"),
                (3, "'from'"),
                (4, "unknown setting HERE"),
                (5, "unknown setting DATABASES"),
                (8, "'if'"),
                (9, "'CACHE_MODE'"),
                (10, "unknown setting CACHE_MODES; did you mean CACHE_MODE?"),
                (13, "'os'"),
            ]);
        result.Problems.ShouldAllBe(problem => problem.IsWarning && !problem.Message.Contains("secret-of-mine"));
    }

    [Theory]
    [InlineData("PATCHES_DIR = os.path.join(HERE, 'x')", "PATCHES_DIR")]
    [InlineData("AUTH_PASSWORD_MIN_LENGTH = 'long'", "AUTH_PASSWORD_MIN_LENGTH")]
    public void A_setting_of_ours_that_cannot_be_read_is_an_error_as_ever(string line, string name)
    {
        var result = Load(_folder.Write("local.py", $"import os\n{line}\n"));

        result.Settings.ShouldBeNull();
        var error = result.Errors.ShouldHaveSingleItem();
        (error.Name, error.Line).ShouldBe((name, 2));
    }

    private SettingsResult Load(params string[] older)
    {
        // Who may read it depends on the process, and a warning on that.
        foreach (var path in older.Where(File.Exists))
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return SettingsLoader.Load(new Dictionary<string, string>(), Config, older);
    }
}
