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
        Settings
            .Load(new Dictionary<string, string> { ["EPORTAL_CONFIG"] = path })
            .Problems.ShouldHaveSingleItem()
            .ToString()
            .ShouldBe($"{path}: file not found");
    }

    [Fact]
    public void A_whole_file_is_bound_to_types()
    {
        var keyFile = _folder.Write("portal.pub", $"untrusted comment: mine\n{Key}\n");
        var settings = Load(
            $"""
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
            """
        );
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
        var (path, problems) = Problems(
            """
            CACHE_MOD = True
            AUTH_PASSWORD_MIN_LENGTH = 0
            LISTEN = 'http://example.com:80'
            this is not a setting
            PROXY = http://example.com
            ALLOWED_HOSTS = ['a',
                'b'
            CACHE_MODE = 2
            CACHE_MODE = True
            LIMIT_PATCHSETS = 99999999999999999999
            """
        );
        problems.ShouldBe([
            $"{path}:1: unknown setting CACHE_MOD; did you mean CACHE_MODE?",
            $"{path}:2: invalid value 0 for AUTH_PASSWORD_MIN_LENGTH: use a whole number from 1 to 1024",
            $"{path}:3: invalid value 'http://example.com:80' for LISTEN: use 'http://ADDRESS:PORT' or 'https://ADDRESS:PORT' with an IP address or localhost, or a list of these",
            $"{path}:4: invalid line: expected = at column 6",
            $"{path}:5: invalid value for PROXY: expected a quoted string, a number, True, False, None or a list at column 9",
            $"{path}:8: invalid value for ALLOWED_HOSTS: expected a comma or a closing bracket at column 1",
            $"{path}:8: invalid value 2 for CACHE_MODE: use True or False",
            $"{path}:9: CACHE_MODE is already set in line 8",
            $"{path}:10: invalid value 99999999999999999999 for LIMIT_PATCHSETS: use a whole number from 1, or None",
        ]);
    }

    [Theory]
    [InlineData("DATA_DIR = 'relative'")]
    [InlineData("DATA_DIR = None")]
    [InlineData("RUN_AS = 'a b'")]
    [InlineData("LISTEN = []")]
    [InlineData("LISTEN = 'ftp://127.0.0.1:1'")]
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
    [InlineData("API_AUTH_HEADER = 'authorization'")]
    [InlineData("API_AUTH_HEADER = 'Host'")]
    [InlineData("API_AUTH_HEADER = 'X-Forwarded-For'")]
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
        problems.ShouldHaveSingleItem().ShouldStartWith($"{path}:1: invalid value ");
        problems[0].ShouldEndWith($": use {definition.Allowed}");
    }

    [Fact]
    public void Secrets_are_in_no_sentence_and_no_listing()
    {
        var (_, problems) = Problems(
            """
            REPLICATION_SHARED_KEY = hunter2
            PATCH_SOURCE_PASSWORD = ['hunter2']
            PROXY = 'ftp://me:hunter2@x'
            NODE_URL = 'http://me:hunter2@x'
            """
        );
        problems.Count.ShouldBe(4);
        problems.ShouldAllBe(problem => !problem.Contains("hunter2") && !problem.Contains("`h`"));
        var listing = Load(
                """
                METRICS_TOKEN = 'hunter2'
                PROXY = 'http://me:hunter2@x'
                """
            )
            .ToString();
        listing.ShouldNotContain("hunter2");
        listing.ShouldContain("METRICS_TOKEN = (set)\n");
        listing.ShouldContain("OIDC_CLIENT_SECRET = None\n");
    }

    [Fact]
    public void The_environment_wins_and_takes_bare_words()
    {
        var settings = Load(
            "DATA_DIR = '/a'\nCACHE_MODE = True\nPROXY = 'http://x'\n",
            new()
            {
                ["EPORTAL_DATA_DIR"] = "/b c",
                ["EPORTAL_CACHE_MODE"] = "False",
                ["EPORTAL_PROXY"] = "None",
                ["EPORTAL_LISTEN"] = "http://0.0.0.0:80",
                ["EPORTAL_ALLOWED_HOSTS"] = "['a', 'b']",
                ["EPORTAL_AUTH_SESSION_LIFETIME"] = "60 * 2",
                ["EPORTAL_METRICS_TOKEN"] = "12345",
                ["EPORTAL_NODE_URL"] = "",
            }
        );
        settings.DataDir.ShouldBe("/b c");
        settings.CacheMode.ShouldBeFalse();
        settings.Proxy.ShouldBeNull();
        settings.Listen.ShouldHaveSingleItem().ToString().ShouldBe("http://0.0.0.0/");
        settings.AllowedHosts.ShouldBe(["a", "b"]);
        settings.AuthSessionLifetime.ShouldBe(TimeSpan.FromMinutes(2));
        settings.MetricsToken.ShouldBe("12345");
        settings.NodeUrl.ShouldBeNull();
    }

    [Fact]
    public void A_bad_variable_is_an_error_and_one_of_another_program_a_warning()
    {
        var result = Result(
            "",
            new()
            {
                ["EPORTAL_CACHE_MODE"] = "yes",
                ["EPORTAL_DATADIR"] = "/x",
                ["EPORTAL_BUNITS"] = "True",
                ["EPORTAL_CONFIGS"] = "/x",
                ["EPORTAL_TRACE"] = "1",
                ["OTHER"] = "1",
            }
        );
        result.Settings.ShouldBeNull();
        result
            .Problems.Select(problem => problem.ToString())
            .ShouldBe([
                "EPORTAL_BUNITS: unknown setting BUNITS ignored",
                "EPORTAL_CACHE_MODE: invalid value yes for CACHE_MODE: use True or False",
                "EPORTAL_CONFIGS: unknown setting CONFIGS; did you mean CONFIG?",
                "EPORTAL_DATADIR: unknown setting DATADIR; did you mean DATA_DIR?",
            ]);
        result.Warnings.ShouldHaveSingleItem();
        Result("", new() { ["EPORTAL_BUNITS"] = "/x", ["EPORTAL_PORT_8080_TCP"] = "tcp://10.0.0.1:8080" })
            .Settings.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("CACHE_MOD = True", "CACHE_MODE")]
    [InlineData("cache_mode = True", "CACHE_MODE")]
    [InlineData("CacheMode = True", "CACHE_MODE")]
    [InlineData("DATADIR = 3", "DATA_DIR")]
    [InlineData("LISTENS = anything at all", "LISTEN")]
    [InlineData("CLEAN_INACTIVE_SERVER_PERIODS = 3600 * 24", "CLEAN_INACTIVE_SERVERS_PERIOD")]
    [InlineData("REPLICATION_SHARED_KEYS = 'hunter2'", "REPLICATION_SHARED_KEY")]
    public void A_name_that_is_nearly_one_of_ours_is_an_error(string line, string meant)
    {
        var (path, problems) = Problems(line);
        problems
            .ShouldHaveSingleItem()
            .ShouldBe($"{path}:1: unknown setting {line[..line.IndexOf(' ')]}; did you mean {meant}?");
    }

    [Theory]
    [InlineData("BUNITS = True")]
    [InlineData("SECRET_KEY = 'abc'")]
    [InlineData("SQLALCHEMY_DATABASE_URI = 'sqlite:////var/lib/x'")]
    [InlineData("LOGGING = {'version': 1,\n  'handlers': {\n    'mail': 1,\n  },\n}")]
    [InlineData("ADMINS = (\n    ('me', 'me@example.com'),\n)")]
    [InlineData("LOGGING = dict(\n    CACHE_MODE=1,\n    handlers=2,\n)")]
    [InlineData("BANNER = \"\"\"welcome\n  to this\n\"\"\"")]
    [InlineData("BASE = os.path.join(HERE, 'x')")]
    [InlineData("HOOK = [f(x),\n g(y)]")]
    [InlineData("BUNITS = 1\nBUNITS = 2")]
    public void A_name_of_another_program_is_a_warning_whatever_its_value(string lines)
    {
        var result = Result($"CACHE_MODE = True\n{lines}\nREDUCED_REPORT = False\nLIMIT_PATCHSETS = 7\n");
        result.Settings.ShouldNotBeNull().LimitPatchsets.ShouldBe(7);
        result
            .Problems.Where(problem => problem.Name != "REDUCED_REPORT")
            .ShouldAllBe(problem =>
                problem.IsWarning
                && problem.Message == $"unknown setting {lines.Substring(0, lines.IndexOf(' '))} ignored"
            );
        result.Problems.First(problem => problem.Name != "REDUCED_REPORT").Line.ShouldBe(2);
    }

    [Fact]
    public void Settings_whose_part_is_not_built_are_warned_of_where_they_are_set()
    {
        foreach (var name in SettingsTable.WithoutEffect.Except(["LEADER_URL"]))
        {
            var written = SettingsTable.FindOrNull(name)!.Default;
            var result = Result($"{name} = {written}");
            result.Settings.ShouldNotBeNull();
            result
                .Problems.Where(problem => problem.Message == $"{name} has no effect")
                .ShouldHaveSingleItem()
                .Line.ShouldBe(1);
            Result("", new() { [$"EPORTAL_{name}"] = written })
                .Warnings.ShouldContain(problem => problem.Message == $"{name} has no effect");
        }

        Result("CACHE_MODE = False").Problems.ShouldBeEmpty();
    }

    /// <summary>A value, how it is written, and what the settings then show.</summary>
    public static TheoryData<string, string, string> Written =>
        new()
        {
            { "CACHE_MODE", "True", "True" },
            { "CACHE_MODE", "1", "True" },
            { "CACHE_MODE", "0", "False" },
            { "CLEAN_INACTIVE_SERVERS_PERIOD", "3600 * 24", "86400" },
            { "CLEAN_INACTIVE_SERVERS_PERIOD", "86400", "86400" },
            { "CLEAN_INACTIVE_SERVERS_PERIOD", "None", "None" },
            { "AUTO_UPDATE_PERIOD", "1.5", "1.5" },
            { "AUTO_UPDATE_PERIOD", "0x10", "16" },
            { "DATA_DIR", "'/srv/x'", "'/srv/x'" },
            { "LISTEN", "'http://127.0.0.1:81'", "['http://127.0.0.1:81']" },
            { "ALLOWED_HOSTS", "[]", "['*']" },
            { "ALLOWED_HOSTS", "['a', 'b']", "['a', 'b']" },
            { "TRUSTED_PROXIES", "[]", "[]" },
            { "LIMIT_PATCHSETS", "5", "5" },
            { "PATCH_SOURCE_PASSWORD", "'x#y'", "(set)" },
        };

    [Theory]
    [MemberData(nameof(Written))]
    public void A_value_is_read_whatever_stands_around_it(string name, string value, string shown)
    {
        var more = name == "PATCH_SOURCE_PASSWORD" ? "PATCH_SOURCE_USER = 'u'\n" : "";
        foreach (var (before, after) in Around)
        {
            var definition = SettingsTable.FindOrNull(name)!;
            definition.Show(Load($"{more}{name} ={before}{value}{after}")).ShouldBe(shown, $"{before}{value}{after}");
            definition
                .Show(Load($"\uFEFF{name}{before}= {value}{after}\n{more}"))
                .ShouldBe(shown, $"{before}{value}{after}");
            definition
                .Show(Load(more, new() { [$"EPORTAL_{name}"] = before + value + after }))
                .ShouldBe(shown, $"{before}{value}{after}");
        }
    }

    private static readonly (string Before, string After)[] Around =
    [
        ("", ""),
        (" ", " "),
        ("\t", "\t"),
        (" ", "  # daily"),
        ("", "# daily"),
        ("\t", "\t#"),
        ("", "\r"),
        ("", " \r\n"),
        ("", "\n"),
        ("\u00A0", "\u00A0"),
        ("\uFEFF", " "),
        (" ", " # it's [odd] = 'x\r\n"),
    ];

    [Theory]
    [InlineData("CACHE_MODE", "true", "True")]
    [InlineData("CACHE_MODE", " FALSE \r", "False")]
    [InlineData("CACHE_MODE", "1", "True")]
    [InlineData("CACHE_MODE", "0 # off", "False")]
    [InlineData("DATA_DIR", " /srv/x y \r\n", "'/srv/x y'")]
    [InlineData("DATA_DIR", "\uFEFF/srv/x\t# big disk", "'/srv/x'")]
    [InlineData("DATA_DIR", "/srv/#1", "'/srv/#1'")]
    [InlineData("LISTEN", "http://0.0.0.0:80 # all", "['http://0.0.0.0:80']")]
    [InlineData("AUTO_UPDATE_PERIOD", "none", "None")]
    [InlineData("API_AUTH_HEADER", "X-Key\r", "'X-Key'")]
    public void Words_in_the_environment_lose_what_stands_around_them(string name, string text, string shown) =>
        SettingsTable.FindOrNull(name)!.Show(Load("", new() { [$"EPORTAL_{name}"] = text })).ShouldBe(shown);

    [Fact]
    public void A_password_keeps_what_looks_like_a_comment_and_blanks_are_no_value()
    {
        var settings = Load(
            "PATCH_SOURCE_USER = 'u'",
            new() { ["EPORTAL_PATCH_SOURCE_PASSWORD"] = " a #b\n", ["EPORTAL_LIMIT_PATCHSETS"] = " \r\n" }
        );
        settings.PatchSourcePassword.ShouldBe("a #b");
        settings.LimitPatchsets.ShouldBeNull();
    }

    [Fact]
    public void Settings_that_need_each_other_are_checked_together()
    {
        Problems("LEADER_URL = 'http://a'").Problems.ShouldBe(["settings: LEADER_URL requires REPLICATION_SHARED_KEY"]);
        Problems("PATCH_SOURCE_PASSWORD = 'x'")
            .Problems.ShouldBe(["settings: PATCH_SOURCE_PASSWORD requires PATCH_SOURCE_USER"]);
        var result = Result("OIDC_CLIENT_ID = 'x'\nOIDC_AUTH_URL = 'http://x'\nOIDC_TOKEN_URL = 'http://x'");
        result.Settings.ShouldNotBeNull();
        result
            .Warnings.ShouldHaveSingleItem()
            .Message.ShouldBe("single sign-on is off; set OIDC_USERINFO_URL and OIDC_CLIENT_SECRET too");
    }

    [Fact]
    public void A_secret_in_a_file_for_everybody_is_a_warning()
    {
        var path = _folder.Write("config", "\nMETRICS_TOKEN = 'x'\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("644", 8));
        SettingsLoader
            .Load(new Dictionary<string, string>(), path)
            .Warnings.ShouldHaveSingleItem()
            .ToString()
            .ShouldBe(
                $"{path}:2: METRICS_TOKEN is secret, but every user can read the file; "
                    + $"run chown root:{Privileges.ServiceGroup()} {path} && chmod 640 {path}"
            );
    }

    [Theory]
    [InlineData("['http://0.0.0.0:8080', 'http://127.0.0.1:8080']", true)]
    [InlineData("['http://127.0.0.1:8080', 'http://127.0.0.1:8080']", true)]
    [InlineData("['http://127.0.0.1:8080', 'http://[::1]:8080']", false)]
    [InlineData("['http://0.0.0.0:8080', 'http://127.0.0.1:8081']", false)]
    public void Addresses_that_exclude_each_other_are_an_error(string listen, bool isError)
    {
        var path = _folder.Write("config", $"LISTEN = {listen}\n");
        (SettingsLoader.Load(new Dictionary<string, string>(), path).Settings is null).ShouldBe(isError);
    }

    [Fact]
    public void A_password_that_looks_like_an_address_is_secret()
    {
        var path = _folder.Write("config", "METRICS_TOKEN = 'a://b'\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("644", 8));
        SettingsLoader.Load(new Dictionary<string, string>(), path).Warnings.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("http://proxy.example.com:3128", false)]
    [InlineData("http://user:secret@proxy.example.com:3128", true)]
    public void An_address_is_secret_only_with_a_password_in_it(string proxy, bool isSecret)
    {
        var path = _folder.Write("config", $"PROXY = '{proxy}'\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("644", 8));
        SettingsLoader.Load(new Dictionary<string, string>(), path).Warnings.Any().ShouldBe(isSecret);
    }

    [Fact]
    public void Files_that_are_no_text_are_refused()
    {
        var path = _folder.File("config");
        File.WriteAllBytes(path, [0x41, 0xFF]);
        Read(path).ShouldBe($"{path}: file is not valid UTF-8");
        File.WriteAllBytes(path, new byte[(1 << 20) + 1]);
        Read(path).ShouldBe($"{path}: file is larger than 1048576 bytes");
        Read(_folder.Path).ShouldBe($"{_folder.Path}: cannot read the file: it is a folder");

        static string Read(string path) =>
            SettingsLoader.Load(new Dictionary<string, string>(), path).Problems.ShouldHaveSingleItem().ToString();
    }

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_do_no_harm() =>
        Load("\uFEFFCACHE_MODE = True\r\nSERVE_PATCH_SOURCE = True # x\r\n").ServePatchSource.ShouldBeTrue();

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
