-- Fields of the last check-in that could not be kept, and why; empty for none.
ALTER TABLE server_facts ADD COLUMN dropped TEXT NOT NULL DEFAULT '';
