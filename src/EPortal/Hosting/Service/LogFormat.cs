namespace EPortal.Hosting.Service;

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    /// <summary>For people; with levels where the journal reads them.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}
