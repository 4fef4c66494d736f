using Bench;
using Bench.Filters;
using Bench.Supply;

// bench floor PORT: the bare web server. bench run FOLDER [--quick]: everything, side by side.
// bench filters FOLDER [--quick]: the list of servers by every filter.
// bench supply FOLDER [--quick]: patch sources, side by side.
return args switch
{
    ["floor", var port] => await BareServer.RunAsync(port),
    ["run", var outFolder, .. var rest] => await Run.AllAsync(outFolder, rest.Contains("--quick")),
    ["supply", var outFolder, .. var rest] => await SupplyRun.AllAsync(outFolder, rest.Contains("--quick")),
    ["filters", var outFolder, .. var rest] => await FilterRun.AllAsync(outFolder, rest.Contains("--quick")),
    ["probe", var folder, var servers, var connections, var what, var rounds, var seconds] => await Bench.Million.Probe.RunAsync(folder, int.Parse(servers), int.Parse(connections), what, int.Parse(rounds), double.Parse(seconds)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench run|supply|filters FOLDER [--quick] | bench floor PORT");
    return 2;
}
