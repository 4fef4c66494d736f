using System.Buffers.Text;
using System.Text.Json;
using EPortal.AgentClient.Wire;

namespace EPortal.AgentClient;

/// <summary>Facts as the query string of <c>latest.v1</c> and <c>latest.v2</c>.</summary>
public static class FactsQuery
{
    /// <summary>Base64url (RFC 4648, 5) without padding of the JSON.</summary>
    public static string Encode(CheckInRequest facts) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(facts, AgentJson.Default.CheckInRequest));
}
