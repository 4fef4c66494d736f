-- What is set while the portal runs, a section a feature.
CREATE TABLE runtime_setting (
  section TEXT PRIMARY KEY,
  value TEXT NOT NULL,             -- JSON object; empty where it was set back to the settings of the start
  saving TEXT NOT NULL             -- another after each saving
) WITHOUT ROWID;
