using System.Reflection;
using System.Runtime.InteropServices;
using EPortal.Data;
using EPortal.PatchSource;
using EPortal.Replication;
using Prometheus;

namespace EPortal.Operations;

/// <summary>Fleet, patch source, replication, disk and database as they stand when the metrics are read.</summary>
internal sealed class MetricsOfStore
{
    private readonly OperationsOptions _options;
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly MetricsOfFleet _fleet;
    private readonly MetricsOfReplication _replication;
    private readonly Trimming _trimming;
    private readonly Gauge _rows;
    private readonly Gauge _logSize;
    private readonly Gauge _unused;
    private readonly Gauge _readable;
    private readonly Gauge _size;
    private readonly Gauge _free;
    private readonly Gauge _sourceSet;
    private readonly Gauge _sourceOk;
    private readonly Gauge _sourceSuccess;
    private readonly Gauge _sourceAge;
    private readonly Gauge _sourceVersion;

    /// <summary>Declares them.</summary>
    public MetricsOfStore(
        IMetricFactory metrics,
        OperationsOptions options,
        Database database,
        Trimming trimming,
        FleetSnapshot picture,
        ReplicationStatus replication,
        TimeProvider time
    )
    {
        (_options, _database, _trimming, _time) = (options, database, trimming, time);
        _fleet = new MetricsOfFleet(metrics, picture);
        _replication = new MetricsOfReplication(metrics, replication);
        _readable = metrics.CreateGauge(
            "eportal_database_readable",
            "1 if the database was readable for this scrape, else 0."
        );
        _size = metrics.CreateGauge("eportal_database_size_bytes", "Size of the database and its log in bytes.");
        _logSize = metrics.CreateGauge(
            "eportal_database_log_bytes",
            "Size of the write-ahead log in bytes, part of eportal_database_size_bytes."
        );
        _unused = metrics.CreateGauge("eportal_database_free_bytes", "Unused bytes of the database, to be reused.");
        _rows = metrics.CreateGauge(
            "eportal_database_rows",
            "Rows of tables that grow over time, counted in the background, at most once a minute.",
            ["table"]
        );
        _free = metrics.CreateGauge(
            "eportal_disk_free_bytes",
            "Free disk space in bytes for data and patches.",
            ["folder"]
        );
        _sourceSet = metrics.CreateGauge("eportal_source_configured", "1 if a patch source is set, else 0.");
        _sourceOk = metrics.CreateGauge(
            "eportal_source_last_sync_success",
            "1 if the last sync with the patch source succeeded, else 0; 0 before the first sync."
        );
        _sourceSuccess = metrics.CreateGauge(
            "eportal_source_last_success_timestamp_seconds",
            "Time of the last successful sync, in Unix seconds; 0 for never."
        );
        _sourceAge = metrics.CreateGauge(
            "eportal_source_age_seconds",
            "Seconds since the last successful sync; NaN for never."
        );
        _sourceVersion = metrics.CreateGauge(
            "eportal_source_index_version",
            "Version of the last accepted patch source index; 0 for none."
        );
        metrics
            .CreateGauge("eportal_build_info", "Always 1; labels carry version and runtime.", ["version", "runtime"])
            .WithLabels(
                typeof(MetricsOfStore)
                    .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                    ?.InformationalVersion
                    ?? "",
                RuntimeInformation.FrameworkDescription
            )
            .Set(1);
    }

    /// <summary>Reads them.</summary>
    public async Task Update(CancellationToken cancel)
    {
        _free.WithLabels("data").Set(new DriveInfo(_options.DataFolder).AvailableFreeSpace);
        _free.WithLabels("patches").Set(new DriveInfo(_options.PatchesFolder).AvailableFreeSpace);
        _size.Set(_database.Size);
        _logSize.Set(_database.LogSize);
        foreach (var (table, rows) in _trimming.Counts)
            _rows.WithLabels(table).Set(rows);
        _sourceSet.Set(_options.Source.Url is null ? 0 : 1);
        try
        {
            _unused.Set(_database.FreeBytes);
            ReadSource();
            _replication.Update();
            _readable.Set(1);
        }
        catch (StoreException)
        {
            // Told by the metric itself: what else can be measured must go on being told.
            _readable.Set(0);
        }

        await _fleet.Update(cancel);
    }

    private void ReadSource()
    {
        var (state, index) = _database.Read(session =>
            (SourceStore.StateOrNull(session), SourceStore.ExpiryOrNull(session))
        );
        _sourceOk.Set(state is { Error: null } ? 1 : 0);
        _sourceSuccess.Set(state?.SucceededAt?.ToUnixTimeSeconds() ?? 0);
        _sourceAge.Set(state?.SucceededAt is { } at ? (_time.GetUtcNow() - at).TotalSeconds : double.NaN);
        _sourceVersion.Set(index?.Version ?? 0);
    }
}
