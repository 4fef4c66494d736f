using System.Reflection;
using EPortal.Accounts;
using EPortal.Api.Guards;
using EPortal.Data;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests;

/// <summary>Holds docs/ARCHITECTURE.md to be the truth.</summary>
public sealed class ArchitectureTests
{
    private const BindingFlags Own =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Static
        | BindingFlags.Instance
        | BindingFlags.DeclaredOnly;

    private static readonly Assembly Portal = typeof(WebPortal).Assembly;
    private static readonly Assembly Format = typeof(EPortal.Format.Manifest).Assembly;
    private static readonly Assembly AgentClient = typeof(EPortal.AgentClient.PortalClient).Assembly;
    private static readonly Assembly Kcarectl = Assembly.Load("kcarectl");

    private static readonly Lazy<IReadOnlyList<TypeUse>> Uses = new(() =>
        [.. new[] { Portal, Format, AgentClient, Kcarectl }.SelectMany(TypeUses.Of)]
    );

    [Fact]
    public void Rooms_use_only_what_the_map_allows()
    {
        var rules = new ArchitectureRules("EPortal");

        rules.Broken(Uses.Value).ShouldBeEmpty();
        rules.Unknown(Uses.Value).ShouldBeEmpty();
    }

    [Fact]
    public void A_room_that_breaks_a_rule_is_noticed()
    {
        var rules = new ArchitectureRules("EPortal.Tests.Samples");
        var uses = TypeUses.Of(typeof(ArchitectureTests).Assembly);

        rules
            .Broken(uses)
            .Select(use => use.ToString().Replace("EPortal.Tests.Samples.", "", StringComparison.Ordinal))
            .Where(use => !use.Contains("::.ctor", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ShouldBe([
                "Accounts.KnowsAFeature uses Feeds.GoodFeed",
                "Agents.KnowsHostingOfTheWeb uses Microsoft.AspNetCore.Builder.WebApplication",
                "Agents.KnowsHostingOfTheWeb uses Microsoft.AspNetCore.Builder.WebApplication::Run",
                "Cli.NosyHost uses Keys.GoodKey",
                "Cli.Output.AsksTheDatabase uses Dapper.SqlMapper",
                "Cli.Output.AsksTheDatabase uses Dapper.SqlMapper::Query",
                "Data.UsesAFeature uses Keys.GoodKey",
                "Data.WrongRoomForSqlite uses Microsoft.Data.Sqlite.SqliteConnection",
                "Feeds.KnowsTheWeb uses Microsoft.AspNetCore.Http.HttpContext",
                "Keys.KnowsHosting uses Hosting.Portal",
                "Keys.LooksAhead uses Servers.GuessesIds",
                "Servers.GuessesIds uses System.Random",
                "Servers.GuessesIds uses System.Random::Next",
                "Servers.GuessesIds uses System.Random::get_Shared",
                "Servers.ReadsTheClock uses System.DateTimeOffset::get_UtcNow",
            ]);
        rules.Unknown(uses).ShouldBe(["Annex"]);
    }

    [Fact]
    public void Uses_within_async_methods_iterators_and_lambdas_are_seen()
    {
        Uses.Value.ShouldContain(use =>
            use.From == "EPortal.Agents.CheckInEndpoints" && use.Of == "EPortal.Agents.AgentService::CheckIn"
        );
        Uses.Value.ShouldContain(use =>
            use.From == "EPortal.Agents.AgentService"
            && use.Of == "EPortal.Servers.CheckIns.CheckInRecorder::FindOrNull"
        );
        Uses.Value.ShouldContain(use =>
            use.From == "EPortal.Data.Sqlite.SqliteStore" && use.Of == "Microsoft.Data.Sqlite.SqliteConnection"
        );
    }

    [Fact]
    public void The_agent_needs_no_OpenSSL()
    {
        // What .NET has under this name ends the program on a host without libssl. Of the shared library only what the
        // portal alone uses may.
        Uses.Value.Where(use => use.Of.StartsWith("System.Security.Cryptography.", StringComparison.Ordinal))
            .Select(use => use.From)
            .Where(type => new[] { Format, AgentClient, Kcarectl }.Any(assembly => assembly.GetType(type) is not null))
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ShouldBe([
                "EPortal.Format.Bundle",
                "EPortal.Format.MemberSink",
                "EPortal.Format.MinisignSecretKey",
                "EPortal.Format.PatchsetBuilder",
            ]);
    }

    [Fact]
    public void Programs_show_no_types_and_libraries_only_theirs()
    {
        // What the Razor compiler makes is public whatever one writes.
        Portal.GetExportedTypes().Where(type => type.Name != "Program" && !IsOfRazor(type)).ShouldBeEmpty();
        Kcarectl.GetExportedTypes().Where(type => type.Name != "Program").ShouldBeEmpty();
        Format.GetExportedTypes().ShouldAllBe(type => type.Namespace == "EPortal.Format");
        AgentClient
            .GetExportedTypes()
            .ShouldAllBe(type =>
                type.Namespace == "EPortal.AgentClient" || type.Namespace == "EPortal.AgentClient.Wire"
            );
    }

    private static bool IsOfRazor(Type type) =>
        typeof(Microsoft.AspNetCore.Components.IComponent).IsAssignableFrom(type)
        || type.Name == "_Imports"
        || (type.DeclaringType is { } outer && IsOfRazor(outer));

    [Fact]
    public void Classes_are_sealed_unless_another_is_built_on_them_and_no_interface_stands_before_one_class()
    {
        foreach (var assembly in (Assembly[])[Portal, Format, AgentClient, Kcarectl])
        {
            var own = assembly
                .GetTypes()
                .Where(type =>
                    type.Namespace?.StartsWith("EPortal", StringComparison.Ordinal) == true
                    && !type.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute), false)
                    && !type.Name.Contains('<')
                )
                .ToList();
            own.Where(type =>
                    type is { IsClass: true, IsSealed: false, IsAbstract: false }
                    && !IsOfRazor(type)
                    && !own.Exists(other => other.BaseType == type)
                )
                .Select(type => type.FullName)
                .ShouldBeEmpty();
            own.Where(type => type.IsInterface && own.Count(other => other.IsClass && type.IsAssignableFrom(other)) < 2)
                .Select(type => type.FullName)
                .ShouldBeEmpty();
        }
    }

    [Fact]
    public void Every_kind_of_entity_is_in_the_catalog_once_and_none_is_this_nodes_own()
    {
        var declared = Portal
            .GetTypes()
            .SelectMany(type => type.GetFields(Own))
            .Where(field =>
                field.FieldType == typeof(EntityType) && field.IsStatic && field.IsInitOnly && !field.Name.Contains('<')
            )
            .Select(field => ((EntityType)field.GetValue(null)!).Name)
            .ToList();
        var catalogued = Entities.Catalog.Types.Select(type => type.Name).ToList();

        declared.ShouldContain("key");
        catalogued.ShouldBe(declared, ignoreOrder: true);
        catalogued.ShouldBeUnique();
        catalogued.Intersect(TableClasses.NodeLocal.Keys).ShouldBeEmpty();
    }

    /// <summary>What reads, checks and shows settings; whoever else asks for one does something by it.</summary>
    private static readonly string[] Readers =
    [
        typeof(Settings).FullName!,
        typeof(SettingsTable).FullName!,
        typeof(SettingsChecks).FullName!,
    ];

    [Fact]
    public void A_setting_is_used_or_said_to_have_no_effect_yet()
    {
        var used = Uses
            .Value.Where(use =>
                !Readers.Contains(use.From)
                && use.Of.StartsWith(typeof(Settings).FullName + "::get_", StringComparison.Ordinal)
            )
            .Select(use => use.Of.Split("::get_")[1])
            .ToHashSet(StringComparer.Ordinal);

        used.ShouldContain(nameof(Settings.AllowedHosts));
        SettingsTable
            .All.Where(setting => !used.Contains(PropertyOf(setting.Name)))
            .Select(setting => setting.Name)
            .ShouldBe(SettingsTable.WithoutEffect, ignoreOrder: true);
    }

    private static string PropertyOf(string setting)
    {
        var name = string.Concat(setting.Split('_').Select(part => part[..1] + part[1..].ToLowerInvariant()));
        typeof(Settings).GetProperty(name).ShouldNotBeNull(name);
        return name;
    }

    [Fact]
    public void Ids_and_names_are_drawn_from_the_cryptographic_generator()
    {
        const string Generator = "System.Security.Cryptography.RandomNumberGenerator::GetString";

        Uses.Value.ShouldContain(new TypeUse("EPortal.Servers.Registration", Generator));
        Uses.Value.ShouldContain(new TypeUse("EPortal.Keys.KeyStore", Generator));
    }

    [Fact]
    public void Passwords_are_compared_in_constant_time()
    {
        Uses.Value.ShouldContain(
            new TypeUse(
                typeof(PasswordHash).FullName!,
                "System.Security.Cryptography.CryptographicOperations::FixedTimeEquals"
            )
        );
        Uses.Value.Where(use => use.From == typeof(PasswordHash).FullName)
            .ShouldAllBe(use =>
                use.Of != "System.Linq.Enumerable::SequenceEqual" && use.Of != "System.MemoryExtensions::SequenceEqual"
            );
    }

    /// <summary>
    /// What compares secrets needs leave of the guard; whoever adds a place makes it ask for a
    /// <see cref="SecretAttempt"/>.
    /// </summary>
    [Fact]
    public void No_secret_is_looked_at_without_leave_of_the_guard()
    {
        const string Compare = "System.Security.Cryptography.CryptographicOperations::FixedTimeEquals";
        var comparing = Uses
            .Value.Where(use =>
                use.Of == Compare
                && use.From.StartsWith("EPortal.", StringComparison.Ordinal)
                && !use.From.StartsWith("EPortal.Format", StringComparison.Ordinal)
            )
            .Select(use => use.From.Split('/')[0])
            .Distinct();
        Type[] guarded =
        [
            typeof(UserStore),
            typeof(RememberedPasswords),
            typeof(ApiKeyStore),
            typeof(EPortal.Operations.MetricsAccess),
            typeof(EPortal.PatchSource.RepositoryLogin),
            typeof(EPortal.Keys.KeyGuard),
            typeof(EPortal.Replication.Channel.PeerSessions),
        ];
        // What a node that is called proves is compared by the caller, who guesses nothing.
        var caller = typeof(EPortal.Replication.Channel.PeerClient).FullName!;

        comparing
            .Except([typeof(PasswordHash).FullName!, caller])
            .ShouldBeSubsetOf(guarded.Select(type => type.FullName!));
        guarded.ShouldAllBe(type =>
            type.GetMethods(Own)
                .Any(method =>
                    method.GetParameters().Any(parameter => parameter.ParameterType == typeof(SecretAttempt))
                )
        );
        Uses.Value.Where(use => use.Of == $"{typeof(PasswordHash).FullName}::Verify")
            .Select(use => use.From)
            .Distinct()
            .ShouldBe([typeof(UserStore).FullName!]);
        Uses.Value.Where(use => use.Of == $"{typeof(SecretAttempt).FullName}::.ctor")
            .Select(use => use.From)
            .Distinct()
            .ShouldBe([typeof(SecretGuard).FullName!]);
    }

    [Fact]
    public void The_map_names_every_room()
    {
        var map = File.ReadAllText(Path.Combine(Repository.Root, "docs", "ARCHITECTURE.md"));

        foreach (
            var folder in Directory
                .EnumerateDirectories(Path.Combine(Repository.Root, "src", "EPortal"))
                .Select(Path.GetFileName)
        )
        {
            if (folder is not ("bin" or "obj"))
                map.ShouldContain($"`{folder}`", customMessage: folder);
        }
    }
}
