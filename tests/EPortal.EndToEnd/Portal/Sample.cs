using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>What most tests of a portal begin with: a patchset, a key, a host.</summary>
internal static partial class Sample
{
    /// <summary>A kernel id.</summary>
    public static readonly string Target = new('b', 40);

    extension(PortalInstallation installation)
    {
        /// <summary>Makes an unsigned archive of one patch with a payload of random bytes, not compressed.</summary>
        public async Task<string> BuildAsync(string name, int level, int payloadBytes)
        {
            var (archive, payload) = (installation.PathOf($"{name}.tar"), installation.PathOf($"{name}.payload"));
            await File.WriteAllBytesAsync(
                payload,
                RandomNumberGenerator.GetBytes(payloadBytes),
                TestContext.Current.CancellationToken
            );
            await installation.DoAsync(
                "patchset",
                "build",
                "--name",
                name,
                "--target",
                Target,
                "--level",
                level.ToString(CultureInfo.InvariantCulture),
                archive,
                $"kpatch.bin={payload}"
            );
            return archive;
        }
    }

    extension(HttpClient http)
    {
        /// <summary>The plain answer to a registration.</summary>
        public Task<string> AskToRegisterAsync(string key) =>
            http.GetStringAsync(
                new Uri($"/admin/api/kcare/register_server.plain?hostname=h&key={key}", UriKind.Relative),
                TestContext.Current.CancellationToken
            );

        /// <summary>Registers a host and gives its id.</summary>
        public async Task<string> RegisterAsync(string key) =>
            ServerId().Match(await http.AskToRegisterAsync(key)).Groups[1].Value;

        /// <summary>Checks in a host.</summary>
        public Task<HttpResponseMessage> CheckInAsync(string id, string hostname) =>
            http.PostAsync(
                new Uri("/admin/api/kcare/checkin", UriKind.Relative),
                new StringContent(
                    $$"""{"server_id":"{{id}}","hostname":"{{hostname}}","kernel_id":"{{Target}}"}""",
                    Encoding.UTF8,
                    "application/json"
                ),
                TestContext.Current.CancellationToken
            );
    }

    [GeneratedRegex("server_id:([A-Za-z0-9]+)")]
    private static partial Regex ServerId();
}
