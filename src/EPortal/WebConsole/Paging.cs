using EPortal.Api;

namespace EPortal.WebConsole;

/// <summary>Which rows of a list a page shows.</summary>
internal static class Paging
{
    /// <summary>Parameter that says how many rows to skip.</summary>
    public const string Parameter = "offset";

    /// <summary>Rows to pass over as an address says.</summary>
    /// <exception cref="Data.RefusedException">It is no number, or negative.</exception>
    public static long Asked(ApiParameters parameters) => parameters.Number(Parameter, 0, int.MaxValue) ?? 0;

    /// <summary>
    /// Rows to pass over: as asked, but the last page for who asks for one behind it, such as after others were
    /// deleted.
    /// </summary>
    /// <param name="asked">As an address says.</param>
    /// <param name="total">How many rows there are.</param>
    /// <param name="size">Rows of a page.</param>
    public static int Start(long asked, long total, int size) =>
        (int)(asked < total ? asked : Math.Max(total - 1, 0) / size * size);
}
