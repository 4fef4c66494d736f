using EPortal.Accounts;
using EPortal.Agents;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Servers;
using EPortal.Servers.Search;
using Prometheus;

namespace EPortal.Operations;

/// <summary>What features count themselves, taken over before each answer.</summary>
internal sealed class MetricsOfFeatures(
    IMetricFactory metrics,
    AgentService agents,
    SearchBacklog backlog,
    Registration registration,
    RegistrationThrottle throttle,
    HostChangeLimiter changes,
    PasswordLogin logins,
    SecretGuards guards
)
{
    private readonly Counter _checkins = metrics.CreateCounter(
        "eportal_checkins_total",
        "Check-ins by result: answered, refused (unknown server or invalid field), failed (store).",
        ["result"]
    );

    private readonly Gauge _waiting = metrics.CreateGauge(
        "eportal_checkins_waiting",
        "Check-ins waiting for their commit."
    );

    private readonly Gauge _behind = metrics.CreateGauge(
        "eportal_checkins_behind",
        "Servers whose latest check-in is stored but not yet visible in lists."
    );

    private readonly Counter _registrations = metrics.CreateCounter(
        "eportal_registrations_total",
        "Registrations by result.",
        ["result"]
    );

    private readonly Gauge _unlisted = metrics.CreateGauge(
        "eportal_registrations_behind",
        "Servers registered but not yet visible in lists."
    );

    private readonly Counter _refusedChanges = metrics.CreateCounter(
        "eportal_server_changes_refused_total",
        "Changes above SERVER_CHANGES_PER_HOUR: tags and registrations refused, check-ins answered but not recorded in the history.",
        ["what"]
    );

    private readonly Counter _logins = metrics.CreateCounter(
        "eportal_logins_total",
        "Password logins by result; throttled logins were not attempted.",
        ["result"]
    );

    private readonly Gauge _loginsWaiting = metrics.CreateGauge(
        "eportal_logins_waiting",
        "Logins waiting for their password check."
    );

    private readonly Counter _secrets = metrics.CreateCounter(
        "eportal_secrets_total",
        "Secrets presented without a login, by kind and result; throttled ones were not checked.",
        ["secret", "result"]
    );

    /// <summary>Takes them over.</summary>
    public void Update()
    {
        Take(_checkins, CheckInResult.Answered, "answered", agents.Counts.Ended);
        Take(_checkins, CheckInResult.Refused, "refused", agents.Counts.Ended);
        Take(_checkins, CheckInResult.Failed, "failed", agents.Counts.Ended);
        Take(_checkins, CheckInResult.Unrecorded, "unrecorded", agents.Counts.Ended);
        _waiting.Set(agents.Counts.Waiting);
        _behind.Set(agents.Behind);
        _unlisted.Set(backlog.Count);
        Take(_registrations, RegistrationResult.Done, "registered", registration.Counts);
        _registrations
            .WithLabels("invalid_key")
            .IncTo(registration.Counts[RegistrationResult.InvalidKey] + throttle.Counts[RegistrationResult.InvalidKey]);
        Take(_registrations, RegistrationResult.LimitReached, "limit_reached", registration.Counts);
        Take(_registrations, RegistrationResult.Locked, "throttled", throttle.Counts);
        Take(_registrations, RegistrationResult.AddressNotAllowed, "address_not_allowed", throttle.Counts);
        Take(_refusedChanges, HostRefusal.Tags, "tags", changes.Refused);
        Take(_refusedChanges, HostRefusal.History, "history", changes.Refused);
        Take(_refusedChanges, HostRefusal.Registration, "registration", changes.Refused);
        Take(_logins, LoginOutcome.Right, "right", logins.Counts);
        Take(_logins, LoginOutcome.Wrong, "wrong", logins.Counts);
        Take(_logins, LoginOutcome.Throttled, "throttled", logins.Counts);
        Take(_logins, LoginOutcome.DirectoryFailed, "directory_failed", logins.Counts);
        _loginsWaiting.Set(logins.Waiting);
        foreach (var guard in guards.All)
        {
            var kind = guard.Name.Replace(' ', '_').Replace('-', '_').ToLowerInvariant();
            _secrets.WithLabels(kind, "right").IncTo(guard.Counts[SecretOutcome.Right]);
            _secrets.WithLabels(kind, "wrong").IncTo(guard.Counts[SecretOutcome.Wrong]);
            _secrets.WithLabels(kind, "throttled").IncTo(guard.Counts[SecretOutcome.Throttled]);
        }
    }

    private static void Take<T>(Counter counter, T outcome, string label, OutcomeCounts<T> counts)
        where T : struct, Enum => counter.WithLabels(label).IncTo(counts[outcome]);
}
