using System.Net;

namespace EPortal.PatchSource;

/// <summary>A proxy from its address: <c>http://</c> or <c>socks5://</c>, a login in it where it needs one.</summary>
internal static class SourceProxy
{
    /// <summary>The proxy at <paramref name="address"/>.</summary>
    public static WebProxy Of(Uri address)
    {
        var proxy = new WebProxy(new UriBuilder(address) { UserName = "", Password = "" }.Uri);
        if (address.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
            proxy.Credentials = new NetworkCredential(
                Uri.UnescapeDataString(user),
                Uri.UnescapeDataString(password.FirstOrDefault() ?? "")
            );
        return proxy;
    }
}
