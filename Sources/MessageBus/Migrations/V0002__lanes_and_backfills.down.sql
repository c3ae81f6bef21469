DROP TABLE main.consumer_backfills;
DROP INDEX main.deliveries_dead;
DROP INDEX main.deliveries_lanes;
