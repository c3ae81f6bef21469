-- After the last old node has ended.
-- Contract: only nodes that have ended used the rule.
ALTER TABLE main.tenants DROP CONSTRAINT tenants_scale_test_rank;
-- Contract: nobody uses these columns any more.
ALTER TABLE main.tenants DROP COLUMN scale_test_segment, DROP COLUMN scale_test_rank;
-- Contract: nobody uses this column any more.
ALTER TABLE main.contacts DROP COLUMN scale_test_title;
-- Contract: nobody uses this table any more.
DROP TABLE main.scale_test_segments;
