namespace EPortal.Data;

/// <summary>The store and what keeps it in bounds.</summary>
internal static class DataFeature
{
    /// <summary>Adds it, opened already. Features add a <see cref="Retention"/> for each table of theirs that
    /// grows.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="database">The store, for reading.</param>
    /// <param name="log">The one door for changes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="runtimeCopy">Path of the copy of what is set at run time.</param>
    /// <param name="operationMaxAge">How long operations are kept.</param>
    /// <param name="userLogMaxAge">How long the user log is kept; null for as long as there is room.</param>
    /// <param name="userLogMaxRows">How many lines of it are kept; null for all.</param>
    public static void AddData(
        this IServiceCollection services,
        Database database,
        ChangeLog log,
        TimeProvider time,
        string runtimeCopy,
        TimeSpan operationMaxAge,
        TimeSpan? userLogMaxAge,
        long? userLogMaxRows
    )
    {
        services.AddSingleton(database);
        services.AddSingleton(log);
        services.AddSingleton(time);
        services.AddSingleton(_ => new RuntimeSettings(database, runtimeCopy));
        services.AddSingleton<Retention>(_ => new OperationRetention(operationMaxAge));
        services.AddSingleton(_ => UserLog.Retention(userLogMaxAge, userLogMaxRows));
        services.AddSingleton(provider => new Trimming(database, log, [.. provider.GetServices<Retention>()], time));
    }
}
