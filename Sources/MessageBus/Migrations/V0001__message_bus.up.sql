-- The message bus: what was published, who wants it, and what is still to be delivered.
-- Runs as the owner of the database; schema main exists already,
-- and so does role message_bus_app (runtime, least privilege), else nothing is granted.

CREATE TABLE main.messages (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    ordering_key uuid NOT NULL GENERATED ALWAYS AS (COALESCE(tenant_id, event_id)) STORED,
    type text NOT NULL CHECK (type ~ '^[A-Z][A-Z0-9_]{0,99}$'),
    version integer NOT NULL CHECK (version > 0),
    tenant_id uuid,
    occurred_at timestamptz NOT NULL,
    traceparent text,
    data json NOT NULL CHECK (json_typeof(data) = 'object'),
    published_at timestamptz NOT NULL
);
COMMENT ON TABLE main.messages IS 'every event published, once, until its retention is over and all groups are done';
CREATE INDEX messages_published_at ON main.messages (published_at);
CREATE INDEX messages_type ON main.messages (type, position);

CREATE TABLE main.consumer_groups (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9._-]{1,100}$'),
    types text[] NOT NULL,
    registered_at timestamptz NOT NULL
);
COMMENT ON TABLE main.consumer_groups IS 'who gets a delivery of which types when an event is published';

CREATE TABLE main.deliveries (
    group_name text NOT NULL,
    position bigint NOT NULL REFERENCES main.messages (position),
    lane text NOT NULL,
    type text NOT NULL,
    state smallint NOT NULL DEFAULT 0 CHECK (state IN (0, 2)),
    attempts integer NOT NULL DEFAULT 0,
    visible_at timestamptz,
    claim uuid,
    settled_at timestamptz,
    last_error text,
    PRIMARY KEY (position, group_name)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE main.deliveries IS 'what a group has not handled yet; a row is deleted when it is handled';
COMMENT ON COLUMN main.deliveries.lane IS 'group and ordering key: what one event at a time is taken from';
COMMENT ON COLUMN main.deliveries.state IS '0 pending, 2 dead letter';
COMMENT ON COLUMN main.deliveries.visible_at IS 'not to be claimed before: a lease or a back-off';
-- Which index serves which part of a claim is not left to the planner: hence "position + 0", and "state < 1" beside
-- "state = 0", which mean the same. See ClaimSettings.
CREATE INDEX deliveries_pending ON main.deliveries (group_name, (position + 0)) WHERE state = 0;
CREATE INDEX deliveries_pending_by_lane ON main.deliveries (lane, (position + 0)) WHERE state < 1;

DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'message_bus_app') THEN
        GRANT USAGE ON SCHEMA main TO message_bus_app;
        GRANT SELECT, INSERT, DELETE ON main.messages TO message_bus_app;
        GRANT SELECT, INSERT, DELETE, UPDATE (types) ON main.consumer_groups TO message_bus_app;
        GRANT SELECT, INSERT, DELETE, UPDATE (state, attempts, visible_at, claim, settled_at, last_error)
            ON main.deliveries TO message_bus_app;
    END IF;
END
$grants$;
