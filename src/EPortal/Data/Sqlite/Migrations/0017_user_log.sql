-- What a line of the user log tells besides its sentence: fields before and after, servers (JSON; empty for nothing).
ALTER TABLE user_log ADD COLUMN more TEXT NOT NULL DEFAULT '';
-- What one actor did, or of one action, newest first, however much else was done.
CREATE INDEX user_log_actor ON user_log (actor, at);
CREATE INDEX user_log_action ON user_log (action, at);
