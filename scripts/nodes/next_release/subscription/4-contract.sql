-- After the last old node has ended.
-- Contract: nobody uses this column any more.
ALTER TABLE main.features DROP COLUMN scale_test_rank;
-- Contract: nobody uses this column any more.
ALTER TABLE main.plans DROP COLUMN scale_test_note;
