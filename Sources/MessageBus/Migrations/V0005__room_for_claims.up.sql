-- A consumer claims many deliveries of a page at once. With room for a second version of each, a claim writes no entries into indexes.
ALTER TABLE main.deliveries SET (fillfactor = 45);
