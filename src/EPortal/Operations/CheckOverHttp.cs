using System.Net.Http.Headers;
using System.Text.Json;
using EPortal.Blobs;
using EPortal.Cli;

namespace EPortal.Operations;

/// <summary>Checks a portal by its <c>/readyz</c>.</summary>
internal static class CheckOverHttp
{
    private const int MaxAnswer = 1024 * 1024;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    /// <summary>The token from a file, or from standard input for <c>-</c>; null when there is none.</summary>
    public static string? ReadToken(string? file, TextReader input) =>
        file switch
        {
            null => null,
            "-" => input.ReadLine()?.Trim(),
            _ => ReadRegular(file).Trim(),
        };

    private static string ReadRegular(string file)
    {
        NativeFile.RequireRegular(file);
        return File.ReadAllText(file);
    }

    /// <summary>Asks it.</summary>
    /// <exception cref="CliException">The address is none.</exception>
    public static async Task<CheckReport> Run(string address, string? token, CancellationToken cancel)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new CliException($"invalid URL '{address}': use http or https");
        // The token goes where it was sent to and nowhere else.
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { Timeout = s_timeout, MaxResponseContentBufferSize = MaxAnswer };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, "/readyz"));
        if (
            token is not null
            && !request.Headers.TryAddWithoutValidation(
                "Authorization",
                new AuthenticationHeaderValue("Bearer", token).ToString()
            )
        )
            throw new CliException("invalid token: use one line of text");
        try
        {
            using var answer = await http.SendAsync(request, cancel);
            var text = await answer.Content.ReadAsStringAsync(cancel);
            return Read(url, (int)answer.StatusCode, text);
        }
        catch (HttpRequestException e)
        {
            return CheckReport.Of(CheckState.Critical, "http", $"cannot reach {url}: {e.Message}");
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            return CheckReport.Of(
                CheckState.Critical,
                "http",
                $"no answer from {url} within {s_timeout.TotalSeconds} seconds"
            );
        }
    }

    private static CheckReport Read(Uri url, int status, string text)
    {
        if (status is 200 or 503 && ReportOrNull(text) is { Checks: not null } report)
        {
            var parts = report
                .Checks.Select(check =>
                    CheckPart.Of(
                        new Finding(check.Status, check.Name, check.Message ?? $"{check.Name}: {check.Status}")
                    )
                )
                .ToList();
            if (parts.Count > 0)
                return CheckReport.Of(parts);
        }

        return CheckReport.Of(
            CheckState.Critical,
            "http",
            $"unexpected answer from {url} (status {status}); is it a portal?"
        );
    }

    private static ReadyReport? ReportOrNull(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ReadyJson.Default.ReadyReport);
        }
        catch (JsonException)
        {
            // Something else answers there, which is what the caller then says.
            return null;
        }
    }
}
