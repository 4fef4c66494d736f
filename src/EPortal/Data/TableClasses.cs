namespace EPortal.Data;

/// <summary>
/// Every table is either replicated, as the catalog of entities says, or this node's own, as listed here with the
/// reason. A table that is neither, or both, fails a test.
/// </summary>
internal static class TableClasses
{
    /// <summary>Tables that are not copied to other nodes, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> NodeLocal = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["schema_version"] = "which migrations this database has seen",
        ["node"] = "who this node is",
        ["former_origin"] = "who this node was",
        ["operation"] = "the log itself; its operations are what travels",
        ["version_vector"] = "what this node has received",
        ["pending_operation"] = "what waits here for its dependencies",
        ["runtime_setting"] = "a patch source and a directory may be another for each node",
        ["retention_clock"] = "how long this node has run",
        ["retention_mark"] = "how old rows of this node are",
        ["hold"] = "kept by operations on the entities that are held",
        ["placement_state"] = "derived from placements (PlacementProjection)",
        ["peer"] = "the nodes that this one knows, and how far it got with each",
        ["patchset_copy"] = "whether the files are here, and since when",
        ["patchset_target"] = "read from the manifest of a patchset that is here",
        ["source_index"] = "the patch source as this node sees it",
        ["source_sync"] = "the patch source as this node sees it",
        ["source_patchset"] = "the patch source as this node sees it",
        ["own_index"] = "what this node gives out as a patch source",
        ["api_key_use"] = "when this node last saw a key",
        ["external_login"] = "what the directory or provider told this node",
        ["login_session"] = "a browser comes back to the node where it logged in",
        ["server_checkin"] = "latest check-ins travel by cursor, not by log",
        ["checkin_log"] = "on their way into server_checkin and server_facts",
        ["server_facts"] = "latest check-ins travel by cursor, not by log",
        ["server_search"] = "derived from servers and their facts (SearchProjection)",
        ["server_tag"] = "derived from servers (SearchProjection)",
        ["server_tag_count"] = "derived from servers (SearchProjection)",
        ["server_profile"] = "derived from servers and their facts (SearchProjection)",
        ["server_group"] = "derived from servers and their facts (SearchProjection)",
        ["server_history"] = "written by each node from the check-ins it sees",
        ["checkin_history"] = "counts of the check-ins that this node took",
        ["server_stats"] = "counted by each node",
        ["usage_report"] = "each node reports for itself",
        ["follower_report"] = "sent to this node",
    };
}
