using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using EPortal.Tests.Agents;
using EPortal.Tests.Replication;
using Shouldly;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace EPortal.Tests.Operations;

/// <summary>The files for monitoring systems speak of metrics that a portal really gives.</summary>
public sealed partial class ContribTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "contrib");

    [Fact]
    public async Task Every_metric_in_the_files_is_given_by_a_running_portal()
    {
        // Not every portal has all: those of replication are told of other nodes alone.
        await using var portal = await TestPortal.StartAsync(KnownPeers.On);
        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal));
        await portal.ScrapeAsync();
        var metrics = await portal.ScrapeAsync();

        foreach (var (file, expression) in Zabbix().Concat(Grafana()).Concat(Alerts()))
        {
            var names = Metric().Matches(expression).Select(match => match.Value).ToList();
            names.ShouldNotBeEmpty($"{file}: {expression}");
            foreach (var name in names)
                metrics.Names.ShouldContain(name, $"{file}: {expression}");
            foreach (Match selector in Selector().Matches(expression))
            {
                metrics.Series.Keys.ShouldContain(
                    series =>
                        series.StartsWith($"{selector.Groups["name"].Value}{{", StringComparison.Ordinal)
                        && series.Contains(
                            $"{selector.Groups["label"].Value}=\"{selector.Groups["value"].Value}\"",
                            StringComparison.Ordinal
                        ),
                    $"{file}: {expression}"
                );
            }
        }
    }

    [Fact]
    public void The_template_of_zabbix_hangs_together()
    {
        var root = Yaml("zabbix/eportal.yaml");
        var text = File.ReadAllText(Path.Combine(s_folder, "zabbix/eportal.yaml"));
        ((YamlScalarNode)root["zabbix_export"]["version"]).Value.ShouldBe("6.0");
        var ids = Uuid().Matches(text).Select(match => match.Groups[1].Value).ToList();
        ids.Distinct().Count().ShouldBe(ids.Count);
        ids.ShouldAllBe(id => id[12] == '4' && "89ab".Contains(id[16]));
        var keys = Values(root, "key").ToHashSet();
        foreach (var expression in Values(root, "expression"))
        {
            Item().IsMatch(expression).ShouldBeTrue(expression);
            foreach (Match item in Item().Matches(expression))
                keys.ShouldContain(item.Groups[1].Value);
        }

        var macros = Values(root, "macro").ToHashSet();
        foreach (Match macro in Macro().Matches(text))
            macros.ShouldContain(macro.Value);
    }

    [Fact]
    public void The_dashboard_of_grafana_asks_the_chosen_data_source()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, "grafana/eportal.json")));
        var panels = json.RootElement.GetProperty("panels").EnumerateArray().ToList();
        panels.Count.ShouldBeGreaterThan(10);
        panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count().ShouldBe(panels.Count);
        panels.ShouldAllBe(panel => panel.GetProperty("datasource").GetProperty("uid").GetString() == "${datasource}");
    }

    [Fact]
    public void The_services_of_nagios_name_commands_and_options_that_exist()
    {
        var text = File.ReadAllText(Path.Combine(s_folder, "nagios/eportal.cfg"));
        var commands = NagiosCommand().Matches(text).Select(match => match.Groups[1].Value).ToHashSet();
        NagiosCheck().Count(text).ShouldBe(2);
        foreach (Match check in NagiosCheck().Matches(text))
            commands.ShouldContain(check.Groups[1].Value);
        using var output = new StringWriter();
        var command = EPortal.Operations.CheckCommand.Create(
            new EPortal.Cli.CliContext
            {
                Out = output,
                Error = output,
                In = TextReader.Null,
                Environment = new Dictionary<string, string>(),
            }
        );
        foreach (Match option in Option().Matches(text))
            command.Options.ShouldContain(one => one.Name == option.Value, option.Value);
    }

    [Fact]
    public async Task Prometheus_itself_finds_nothing_wrong_with_rules_and_metrics()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "promtool is not installed");
        await using var portal = await TestPortal.StartAsync();
        await portal.ScrapeAsync();
        var text = await portal.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

        (await Promtool("", "check", "rules", Path.Combine(s_folder, "prometheus/alerts.yml"))).ShouldBe(0);
        (
            await Promtool("", "check", "config", "--syntax-only", Path.Combine(s_folder, "prometheus/scrape.yml"))
        ).ShouldBe(0);
        (await Promtool(text, "check", "metrics")).ShouldBe(0);
        (await Promtool("eportal_x{ 1\n", "check", "metrics")).ShouldNotBe(0, "the tool must see what is wrong");
    }

    private static async Task<int> Promtool(string input, params string[] args)
    {
        using var process = Process.Start(
            new ProcessStartInfo("promtool", args)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine(await output + await error);
        return process.ExitCode;
    }

    private static IEnumerable<(string File, string Expression)> Zabbix() =>
        Values(Yaml("zabbix/eportal.yaml"), "parameters")
            .Where(text => text.StartsWith("eportal_", StringComparison.Ordinal))
            .Select(text => ("zabbix", text.Replace("{#FEED}", "main", StringComparison.Ordinal)));

    private static IEnumerable<(string File, string Expression)> Grafana()
    {
        var text = File.ReadAllText(Path.Combine(s_folder, "grafana/eportal.json"));
        return Expression().Matches(text).Select(match => ("grafana", Regex.Unescape(match.Groups[1].Value)));
    }

    private static IEnumerable<(string File, string Expression)> Alerts() =>
        Values(Yaml("prometheus/alerts.yml"), "expr")
            .Where(text => !text.StartsWith("up{", StringComparison.Ordinal))
            .Select(text => ("alerts", text));

    private static YamlNode Yaml(string file)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(Path.Combine(s_folder, file));
        stream.Load(reader);
        return stream.Documents.Single().RootNode;
    }

    /// <summary>All plain values of a name, wherever they stand, also in lists.</summary>
    private static IEnumerable<string> Values(YamlNode node, string name) =>
        node switch
        {
            YamlMappingNode map => map.Children.SelectMany(pair =>
                (pair.Key, pair.Value) switch
                {
                    (YamlScalarNode key, YamlScalarNode value) when key.Value == name => [value.Value!],
                    (YamlScalarNode key, YamlSequenceNode list) when key.Value == name => list
                        .Children.OfType<YamlScalarNode>()
                        .Select(one => one.Value!),
                    _ => Values(pair.Value, name),
                }
            ),
            YamlSequenceNode list => list.Children.SelectMany(one => Values(one, name)),
            _ => [],
        };

    [GeneratedRegex("(eportal|process|dotnet)_[a-z0-9_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("""(?<name>eportal_[a-z_]+)\{[^}]*?(?<label>result|status|folder)="(?<value>[^"]+)"[^}]*\}""")]
    private static partial Regex Selector();

    [GeneratedRegex("""uuid: ([0-9a-f]{32})""")]
    private static partial Regex Uuid();

    [GeneratedRegex("""/ePortal by HTTP/(.+?)(?=[,)](?:[0-9]+[mh])?\)?(?:[-=<>]| |$))""")]
    private static partial Regex Item();

    [GeneratedRegex("""\{\$[A-Z.]+\}""")]
    private static partial Regex Macro();

    [GeneratedRegex("\"(?:expr|query)\":\\s*\"((?:[^\"\\\\]|\\\\.)*eportal_(?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Expression();

    [GeneratedRegex("""command_name\s+(\S+)""")]
    private static partial Regex NagiosCommand();

    [GeneratedRegex("""check_command\s+([^\s!]+)""")]
    private static partial Regex NagiosCheck();

    [GeneratedRegex("""(?<= )--[a-z-]+""")]
    private static partial Regex Option();
}
