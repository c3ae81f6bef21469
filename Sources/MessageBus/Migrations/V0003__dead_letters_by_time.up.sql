-- Dead letters are listed in the order in which they were given up on, so that the lists of several groups merge.
CREATE INDEX deliveries_dead_by_time ON main.deliveries (group_name, settled_at) WHERE state = 2;
