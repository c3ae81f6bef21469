DROP INDEX main.deliveries_dead_by_time;
