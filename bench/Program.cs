using System.Globalization;
using Bench;
using Bench.Filters;
using Bench.Million;
using Bench.Pages;
using Bench.Replication;
using Bench.Soak;
using Bench.Supply;

// bench floor PORT: the bare web server. bench run FOLDER [--quick]: everything, side by side.
// bench filters FOLDER [--quick]: the list of servers by every filter.
// bench pages FOLDER [--quick]: the pages of the console. bench replication FOLDER [--quick]: two nodes.
// bench million FOLDER [--quick]: very many hosts, with the targets. bench soak FOLDER [--quick]: everything at once,
// and kills. bench growth FOLDER MINUTES: a thousand changes a second, and what the store weighs.
// bench probe FOLDER SERVERS WHAT,WHAT: single calls and the processor time of each, for profiling; the fleet stays in
// the folder. bench supply FOLDER [--quick]: patch sources, side by side.
return args switch
{
    ["floor", var port] => await BareServer.RunAsync(port),
    ["run", var outFolder, .. var rest] => await Run.AllAsync(outFolder, rest.Contains("--quick")),
    ["supply", var outFolder, .. var rest] => await SupplyRun.AllAsync(outFolder, rest.Contains("--quick")),
    ["filters", var outFolder, .. var rest] => await FilterRun.AllAsync(outFolder, rest.Contains("--quick")),
    ["replication", var outFolder, .. var rest] => await ReplicationRun.AllAsync(outFolder, rest.Contains("--quick")),
    ["pages", var outFolder, .. var rest] => await PageRun.AllAsync(outFolder, rest.Contains("--quick")),
    ["million", var outFolder, .. var rest] => await MillionRun.AllAsync(outFolder, rest.Contains("--quick")),
    ["probe", var outFolder, var servers, var what] => await Probe.RunAsync(
        outFolder,
        int.Parse(servers, CultureInfo.InvariantCulture),
        what.Split(',')
    ),
    ["growth", var outFolder, var minutes] => await GrowthRun.AllAsync(
        outFolder,
        double.Parse(minutes, CultureInfo.InvariantCulture)
    ),
    ["soak", var outFolder, .. var rest] => await SoakRun.AllAsync(outFolder, rest.Contains("--quick")),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "usage: bench run|million|soak|supply|filters|pages|replication FOLDER [--quick] | bench growth FOLDER MINUTES | bench floor PORT"
    );
    return 2;
}
