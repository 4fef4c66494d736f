using System.Security.Cryptography;
using System.Text;
using EPortal.Api;
using Microsoft.Extensions.Caching.Memory;

namespace EPortal.WebConsole;

/// <summary>
/// A form that makes something makes it once, however often it is sent: it carries a number of its own, and who sends
/// that again (a second click, a page that is loaded again) gets the answer of the first time. Filled in otherwise it
/// is another form.
/// </summary>
internal sealed class DuplicateSubmitGuard : IDisposable
{
    /// <summary>The parameter that carries the number.</summary>
    public const string Parameter = "once";

    private const int MaxKept = 10_000;
    private const int Length = 22;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly TimeSpan s_kept = TimeSpan.FromHours(1);

    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = MaxKept });
    private readonly Lock _gate = new();

    /// <summary>A number for a form.</summary>
    public static string New() => RandomNumberGenerator.GetString(Letters, Length);

    /// <summary>Does what a form asks for, unless that was done; then leads on as the first time.</summary>
    /// <param name="context">The request.</param>
    /// <param name="parameters">What the form sends.</param>
    /// <param name="work">What to do: the page to lead on to, and what it says. What it throws is no answer, and may be
    /// tried again.</param>
    public async Task<IResult> Do(
        HttpContext context,
        ApiParameters parameters,
        Func<Task<(string Path, string Message)>> work
    )
    {
        var (path, message) = await Answer(context, parameters, work);
        return ConsoleRoutes.Back(context, path, message);
    }

    /// <inheritdoc/>
    public void Dispose() => _answers.Dispose();

    private async Task<(string Path, string Message)> Answer(
        HttpContext context,
        ApiParameters parameters,
        Func<Task<(string Path, string Message)>> work
    )
    {
        if (parameters.Text(Parameter) is not { Length: Length } number)
            return await work();
        var key = (context.Actor().Name, context.Request.Path.Value, number, DigestOf(context.Request.Form));
        var answer = Take(key, work);
        try
        {
            return await answer.Value;
        }
        catch
        {
            _answers.Remove(key);
            throw;
        }
    }

    private static string DigestOf(IFormCollection form)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (
            var text in form.OrderBy(field => field.Key, StringComparer.Ordinal)
                .SelectMany(field => field.Value.Prepend(field.Key))
        )
        {
            var bytes = Encoding.UTF8.GetBytes(text ?? "");
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private Lazy<Task<(string Path, string Message)>> Take(object key, Func<Task<(string Path, string Message)>> work)
    {
        lock (_gate)
        {
            if (_answers.TryGetValue(key, out Lazy<Task<(string, string)>>? known))
                return known!;
            return _answers.Set(
                key,
                new Lazy<Task<(string, string)>>(work),
                new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = s_kept }
            );
        }
    }
}
