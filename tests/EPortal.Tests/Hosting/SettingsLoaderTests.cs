using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class SettingsLoaderTests : IDisposable
{
    private const string Key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_default_file_means_the_defaults()
    {
        var result = SettingsLoader.Load(new Dictionary<string, string>(), _folder.File("absent"));
        result.Problems.ShouldBeEmpty();
        result.Settings.ShouldBe(Settings.Defaults);
    }

    [Fact]
    public void A_file_that_was_named_must_exist()
    {
        var path = _folder.File("absent");
        Settings.Load(new Dictionary<string, string> { ["EPORTAL_CONFIG"] = path }).Problems
            .ShouldHaveSingleItem().ToString().ShouldBe($"{path}: the file does not exist.");
    }

    [Fact]
    public void A_whole_file_is_bound_to_types()
    {
        var keyFile = _folder.Write("portal.pub", $"untrusted comment: mine\n{Key}\n");
        var settings = Load($"""
            # what we run
            LISTEN = ['http://127.0.0.1:8081', "http://[::1]:8081"]
            DATA_DIR = '/srv/eportal'   # big disk
            RUN_AS = 'eportal'
            CLEAN_INACTIVE_SERVERS_PERIOD = 3600 * 24
            AUTO_UPDATE_PERIOD = 0.5 * 3
            AUTH_SESSION_LIFETIME = None
            CACHE_MODE = True
            PROXY = 'socks5://me:word@example.com:1080'
            TRUSTED_KEYS = [
                '{Key}',
                '{keyFile}',  # the same from a file
            ]
            TRUSTED_PROXIES = ['10.1.0.0/16', '192.0.2.1', 'fd00::/8']
            REGISTER_ALLOWED_NETWORKS = []
            LIMIT_PATCHSETS = 5
            """);
        settings.Listen.Select(url => url.Port).ShouldBe([8081, 8081]);
        settings.DataDir.ShouldBe("/srv/eportal");
        settings.RunAs.ShouldBe("eportal");
        settings.CleanInactiveServersPeriod.ShouldBe(TimeSpan.FromDays(1));
        settings.AutoUpdatePeriod.ShouldBe(TimeSpan.FromSeconds(1.5));
        settings.AuthSessionLifetime.ShouldBeNull();
        settings.CacheMode.ShouldBeTrue();
        settings.Proxy!.UserInfo.ShouldBe("me:word");
        settings.TrustedKeys.ShouldBe([Key, Key]);
        settings.TrustedProxies.Select(range => range.ToString()).ShouldBe(["10.1.0.0/16", "192.0.2.1", "fd00::/8"]);
        settings.RegisterAllowedNetworks.ShouldBeEmpty();
        settings.LimitPatchsets.ShouldBe(5);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_with_its_line()
    {
        var (path, problems) = Problems("""
            CACHE_MOD = True
            AUTH_PASSWORD_MIN_LENGTH = 0
            LISTEN = 'http://example.com:80'
            this is not a setting
            PROXY = http://example.com
            ALLOWED_HOSTS = ['a',
                'b'
            CACHE_MODE = 1
            CACHE_MODE = True
            LIMIT_PATCHSETS = 99999999999999999999
            """);
        problems.ShouldBe(
        [
            $"{path}:1: CACHE_MOD is not a known setting; the closest known name is CACHE_MODE.",
            $"{path}:2: AUTH_PASSWORD_MIN_LENGTH cannot be 0; allowed is a whole number from 1 to 1024.",
            $"{path}:3: LISTEN cannot be 'http://example.com:80'; allowed is 'http://ADDRESS:PORT' with an IP address or localhost, or a list of these.",
            $"{path}:4: this line cannot be read: at column 6 = is expected.",
            $"{path}:5: PROXY cannot be read: at column 9 a quoted string, a number, True, False, None or a list is expected.",
            $"{path}:8: ALLOWED_HOSTS cannot be read: at column 1 a comma or a closing bracket is expected.",
            $"{path}:8: CACHE_MODE cannot be 1; allowed is True or False.",
            $"{path}:9: CACHE_MODE is set twice, first in line 8.",
            $"{path}:10: LIMIT_PATCHSETS cannot be 99999999999999999999; allowed is a whole number from 1, or None.",
        ]);
    }

    [Theory]
    [InlineData("DATA_DIR = 'relative'")]
    [InlineData("DATA_DIR = None")]
    [InlineData("RUN_AS = 'a b'")]
    [InlineData("LISTEN = []")]
    [InlineData("LISTEN = 'https://127.0.0.1:1'")]
    [InlineData("LISTEN = 'http://127.0.0.1:1/x'")]
    [InlineData("LISTEN = 'http://127.0.0.1:99999'")]
    [InlineData("LISTEN = ['http://127.0.0.1:1', 5]")]
    [InlineData("ALLOWED_HOSTS = ['a;b']")]
    [InlineData("ALLOWED_HOSTS = ['a\\n']")]
    [InlineData("TRUSTED_PROXIES = ['10.0.0.0/33']")]
    [InlineData("TRUSTED_PROXIES = ['10.1']")]
    [InlineData("TRUSTED_KEYS = ['RWQ=']")]
    [InlineData("TRUSTED_KEYS = ['/nowhere/key.pub']")]
    [InlineData("PROXY = 'ftp://x'")]
    [InlineData("NODE_URL = 'http://u:p@x'")]
    [InlineData("NODE_URL = ''")]
    [InlineData("API_AUTH_HEADER = 'X Key'")]
    [InlineData("AUTH_SESSION_LIFETIME = -1")]
    [InlineData("AUTH_SESSION_LIFETIME = 1e99")]
    [InlineData("AUTO_UPDATE_PERIOD = '10'")]
    [InlineData("CLEAN_INACTIVE_SERVERS_PERIOD = 60")]
    [InlineData("REGISTER_RATE_LIMIT = 1.5")]
    [InlineData("PATCHSET_MAX_MEMBERS = 2147483648")]
    [InlineData("CACHE_MODE = 'True'")]
    public void A_bad_value_is_refused_with_what_is_allowed(string line)
    {
        var (path, problems) = Problems(line);
        var definition = SettingsTable.FindOrNull(line[..line.IndexOf(' ')])!;
        problems.ShouldHaveSingleItem().ShouldStartWith($"{path}:1: {definition.Name} cannot be ");
        problems[0].ShouldEndWith($"; allowed is {definition.Allowed}.");
    }

    [Fact]
    public void Secrets_are_in_no_sentence_and_no_listing()
    {
        var (_, problems) = Problems("""
            REPLICATION_SHARED_KEY = hunter2
            PATCH_SOURCE_PASSWORD = ['hunter2']
            PROXY = 'ftp://me:hunter2@x'
            NODE_URL = 'http://me:hunter2@x'
            """);
        problems.Count.ShouldBe(4);
        problems.ShouldAllBe(problem => !problem.Contains("hunter2") && !problem.Contains("`h`"));
        var listing = Load("""
            REPLICATION_SHARED_KEY = 'hunter2'
            PROXY = 'http://me:hunter2@x'
            """).ToString();
        listing.ShouldNotContain("hunter2");
        listing.ShouldContain("REPLICATION_SHARED_KEY = (set)\n");
        listing.ShouldContain("OIDC_CLIENT_SECRET = None\n");
    }

    [Fact]
    public void The_environment_wins_and_takes_bare_words()
    {
        var settings = Load("DATA_DIR = '/a'\nCACHE_MODE = True\nPROXY = 'http://x'\n", new()
        {
            ["EPORTAL_DATA_DIR"] = "/b c",
            ["EPORTAL_CACHE_MODE"] = "False",
            ["EPORTAL_PROXY"] = "None",
            ["EPORTAL_LISTEN"] = "http://0.0.0.0:80",
            ["EPORTAL_ALLOWED_HOSTS"] = "['a', 'b']",
            ["EPORTAL_AUTH_SESSION_LIFETIME"] = "60 * 2",
            ["EPORTAL_REPLICATION_SHARED_KEY"] = "12345",
            ["EPORTAL_NODE_URL"] = "",
        });
        settings.DataDir.ShouldBe("/b c");
        settings.CacheMode.ShouldBeFalse();
        settings.Proxy.ShouldBeNull();
        settings.Listen.ShouldHaveSingleItem().ToString().ShouldBe("http://0.0.0.0/");
        settings.AllowedHosts.ShouldBe(["a", "b"]);
        settings.AuthSessionLifetime.ShouldBe(TimeSpan.FromMinutes(2));
        settings.ReplicationSharedKey.ShouldBe("12345");
        settings.NodeUrl.ShouldBeNull();
    }

    [Fact]
    public void A_bad_variable_is_an_error_and_an_unknown_one_a_warning()
    {
        var result = Result("", new() { ["EPORTAL_CACHE_MODE"] = "yes", ["EPORTAL_DATADIR"] = "/x", ["OTHER"] = "1" });
        result.Settings.ShouldBeNull();
        result.Problems.Select(problem => problem.ToString()).ShouldBe(
        [
            "EPORTAL_CACHE_MODE: CACHE_MODE cannot be yes; allowed is True or False.",
            "EPORTAL_DATADIR: DATADIR is not a known setting, so the variable changes nothing; "
                + "the closest known name is DATA_DIR.",
        ]);
        result.Warnings.ShouldHaveSingleItem();
        Result("", new() { ["EPORTAL_DATADIR"] = "/x" }).Settings.ShouldNotBeNull();
    }

    [Fact]
    public void Settings_that_need_each_other_are_checked_together()
    {
        Problems("LEADER_URL = 'http://a'").Problems.ShouldBe(
            ["settings: LEADER_URL is set, so REPLICATION_SHARED_KEY must be set too."]);
        Problems("PATCH_SOURCE_PASSWORD = 'x'").Problems.ShouldBe(
            ["settings: PATCH_SOURCE_PASSWORD is set, so PATCH_SOURCE_USER must be set too."]);
        var result = Result("OIDC_CLIENT_ID = 'x'\nOIDC_AUTH_URL = 'http://x'\nOIDC_TOKEN_URL = 'http://x'");
        result.Settings.ShouldNotBeNull();
        result.Warnings.ShouldHaveSingleItem().Message
            .ShouldBe("single sign-on stays off until OIDC_USERINFO_URL and OIDC_CLIENT_SECRET is set too.");
    }

    [Fact]
    public void A_secret_in_a_file_for_everybody_is_a_warning()
    {
        var path = _folder.Write("config", "\nREPLICATION_SHARED_KEY = 'x'\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("644", 8));
        SettingsLoader.Load(new Dictionary<string, string>(), path).Warnings.ShouldHaveSingleItem().ToString().ShouldBe(
            $"{path}:2: REPLICATION_SHARED_KEY is secret, but every user of this machine may read the file; chmod 640 ends that.");
    }

    [Fact]
    public void Files_that_are_no_text_are_refused()
    {
        var path = _folder.File("config");
        File.WriteAllBytes(path, [0x41, 0xFF]);
        Read(path).ShouldBe($"{path}: the file is not valid UTF-8 text.");
        File.WriteAllBytes(path, new byte[(1 << 20) + 1]);
        Read(path).ShouldBe($"{path}: the file is larger than 1048576 bytes.");
        Read(_folder.Path).ShouldBe($"{_folder.Path}: the file cannot be read: it is a folder.");

        static string Read(string path) => SettingsLoader.Load(new Dictionary<string, string>(), path)
            .Problems.ShouldHaveSingleItem().ToString();
    }

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_do_no_harm() =>
        Load("\uFEFFCACHE_MODE = True\r\nREDUCED_REPORT = True # x\r\n").ReducedReport.ShouldBeTrue();

    [Fact]
    public void Every_default_is_allowed_and_survives_being_written()
    {
        foreach (var definition in SettingsTable.All)
        {
            var written = SettingsGrammar.ReadOrNull(definition.Default);
            written.ShouldNotBeNull(definition.Name);
            var applied = definition.ApplyOrNull(Settings.Defaults, written);
            applied.ShouldNotBeNull(definition.Name).ToString().ShouldBe(Settings.Defaults.ToString());
        }
    }

    private Settings Load(string text, Dictionary<string, string>? environment = null)
    {
        var result = Result(text, environment);
        result.Problems.ShouldBeEmpty();
        return result.Settings.ShouldNotBeNull();
    }

    private SettingsResult Result(string text, Dictionary<string, string>? environment = null)
    {
        var path = _folder.Write("config", text);
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("600", 8));
        return SettingsLoader.Load(environment ?? [], path);
    }

    private (string Path, IReadOnlyList<string> Problems) Problems(string text)
    {
        var result = Result(text);
        result.Settings.ShouldBeNull();
        return (_folder.File("config"), [.. result.Errors.Select(problem => problem.ToString())]);
    }
}
