namespace EPortal.Servers;

/// <summary>What the page shows that asks before many servers are offered something else.</summary>
/// <param name="Title">What is to be done.</param>
/// <param name="Up">Address of the page where it was asked for.</param>
/// <param name="UpTitle">What that page is called.</param>
/// <param name="Sentences">What it means, beside the counts.</param>
/// <param name="Button">What the button says that does it.</param>
internal sealed record ConfirmText(
    string Title,
    string Up,
    string UpTitle,
    IReadOnlyList<string> Sentences,
    string Button
);

/// <summary>The whole of it.</summary>
/// <param name="Text">What is to be done.</param>
/// <param name="Reach">How many servers that reaches.</param>
/// <param name="Stamp">What that was counted from.</param>
/// <param name="Action">Where the form goes.</param>
/// <param name="Fields">What was sent, to be sent again.</param>
/// <param name="Problem">Why it was not done.</param>
internal sealed record ConfirmModel(
    ConfirmText Text,
    RolloutImpact Reach,
    string Stamp,
    string Action,
    IReadOnlyList<(string Name, string Value)> Fields,
    string? Problem
);
