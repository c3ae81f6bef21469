-- What a later release could need.
ALTER TABLE main.features ADD COLUMN scale_test_rank integer NOT NULL DEFAULT 0;
ALTER TABLE main.plans ADD COLUMN scale_test_note text;
