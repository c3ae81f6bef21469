-- Claims look from lane to lane, and at each lane's first delivery only. The two older indexes stay for nodes of the
-- version before, which may run beside this one.
CREATE INDEX deliveries_lanes ON main.deliveries (group_name, lane, (position + 0)) WHERE state < 1;
-- Dead letters are counted by health checks and listed by operators.
CREATE INDEX deliveries_dead ON main.deliveries (group_name, position) WHERE state = 2;

CREATE TABLE main.consumer_backfills (
    group_name text NOT NULL,
    type text NOT NULL,
    next_position bigint NOT NULL,
    last_position bigint NOT NULL,
    PRIMARY KEY (group_name, type)
);
COMMENT ON TABLE main.consumer_backfills IS
    'events published before a group asked for their type that are still to be delivered to it, chunk by chunk';

DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'message_bus_app') THEN
        GRANT SELECT, INSERT, DELETE, UPDATE (next_position) ON main.consumer_backfills TO message_bus_app;
    END IF;
END
$grants$;
