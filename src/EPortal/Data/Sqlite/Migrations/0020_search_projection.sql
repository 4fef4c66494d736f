-- The tables that lists, filters and counts read are kept by the program (SearchProjection) and no longer by triggers.

DROP VIEW server_searchless;
DROP VIEW server_told;
DROP VIEW server_count;
DROP TRIGGER server_search_added;
DROP TRIGGER server_search_changed;
DROP TRIGGER server_search_told;
DROP TRIGGER server_search_told_again;
DROP TRIGGER server_tag_added;
DROP TRIGGER server_tag_changed;
DROP TRIGGER server_group_added;
DROP TRIGGER server_group_moved;
DROP TRIGGER server_group_removed;
DROP TRIGGER server_profile_unused;
DROP TRIGGER server_tag_counted;
DROP TRIGGER server_tag_uncounted;
ALTER TABLE node DROP COLUMN search_later;
