using EPortal.Api;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>
/// Which lines of the user log somebody asks for, by API or console. Days are of UTC, the last one with all of it.
/// </summary>
internal static class UserLogFilter
{
    /// <summary>Lines that one request gets at the most, passed over or shown.</summary>
    public const int MostRows = 10_000;

    /// <summary>Reads <c>user</c>, <c>action</c>, <c>since</c> and <c>until</c>.</summary>
    /// <exception cref="RefusedException">A day is malformed.</exception>
    public static UserLogQuery Read(ApiParameters parameters) =>
        new()
        {
            Actor = parameters.Text("user"),
            Action = parameters.Text("action"),
            Since = parameters.Day("since") is { } first ? StartOf(first) : null,
            // The last day of the calendar has no next; nothing lies behind it either.
            Before = parameters.Day("until") is { } last && last < DateOnly.MaxValue ? StartOf(last.AddDays(1)) : null,
        };

    private static DateTimeOffset StartOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}
