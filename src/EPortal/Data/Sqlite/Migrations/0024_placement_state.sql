-- The state of a patchset on a feed by their names, from all placements of feeds and patchsets of these names: two sites
-- that made them while they could not see each other made several. Kept by PlacementProjection.
CREATE TABLE placement_state (
  feed TEXT NOT NULL,
  product TEXT NOT NULL,
  patchset TEXT NOT NULL,
  enabled INTEGER NOT NULL,        -- as it was written last
  held INTEGER NOT NULL,           -- holds on any of them
  PRIMARY KEY (feed, product, patchset)
) WITHOUT ROWID;
INSERT INTO placement_state (feed, product, patchset, enabled, held)
SELECT f.name, p.product, p.name, max(s.enabled), sum(s.held)
FROM placement s JOIN feed f ON f.id = s.feed JOIN patchset p ON p.id = s.patchset
GROUP BY f.name, p.product, p.name;
