namespace EPortal.AgentClient.Wire;

/// <summary>Body of every refused JSON call.</summary>
public sealed record ErrorAnswer
{
    /// <summary>401: no server has the id.</summary>
    public const string UnknownServer = "unknown-server";

    /// <summary>400: a field is missing or wrong; the message names it.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>Code for programs, in kebab case.</summary>
    public string Error { get; set; } = "";

    /// <summary>One sentence for people.</summary>
    public string Message { get; set; } = "";
}
