using System.CommandLine;
using EPortal.Accounts;
using EPortal.Accounts.Ldap;
using EPortal.Agents.Packages;
using EPortal.Backup;
using EPortal.Cli;
using EPortal.Demo;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting.Nginx;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.Operations.Reports;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Replication;
using EPortal.Servers;

namespace EPortal.Hosting;

/// <summary>The two command lines of the program, put together from the features' commands.</summary>
internal static class CommandLine
{
    /// <summary><c>kc.eportal</c>: administration.</summary>
    public static Command Administration(CliContext context)
    {
        var root = new Command("kc.eportal", "administer a live patch portal")
        {
            UserCommands.Create(context),
            ApiKeyCommands.Create(context),
            LdapCommands.Create(context),
            KeyCommands.Create(context),
            FeedCommands.Create(context),
            ServerCommands.Create(context),
            AgentPackageCommands.Create(context),
            ArchiveCommands.Create(context),
            RepositoryCommand.Create(context),
            BundleCommands.Create(context),
            SourceStatusCommand.Create(context),
            UpdateCommands.CacheMode(context),
            BackupCommands.Backup(context),
            BackupCommands.BackupDatabase(context),
            RestoreCommands.Restore(context),
            RestoreCommands.Migrate(context),
            DatabaseCommands.Create(context),
            SettingsCommands.Create(context),
            NginxCommand.Create(context),
            CheckCommand.Create(context),
            DoctorCommand.Create(context),
            ReportCommands.Create(context),
            ReplicationCommand.Create(context),
        };
        foreach (var product in Products.All)
        {
            var command = ProductCommands.Create(context, product);
            UpdateCommands.AddTo(command, context, product);
            root.Add(command);
        }

        OlderFlags.AddTo(root, context);
        CliCompletion.AddTo(root, context);
        CliManual.AddTo(root, context);
        return root;
    }

    /// <summary><c>eportal</c>: the server.</summary>
    public static Command Server(CliContext context)
    {
        var root = new Command("eportal", "serve live patches to hosts")
        {
            ServeCommand.Create(context),
            DemoCommand.Create(context),
        };
        CliCompletion.AddTo(root, context);
        CliManual.AddTo(root, context);
        return root;
    }
}
