using Bench;

// bench floor PORT: the bare web server. bench run FOLDER [--quick]: everything, side by side.
return args switch
{
    ["floor", var port] => await BareServer.RunAsync(port),
    ["run", var outFolder, .. var rest] => await Run.AllAsync(outFolder, rest.Contains("--quick")),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench run FOLDER [--quick] | bench floor PORT");
    return 2;
}
