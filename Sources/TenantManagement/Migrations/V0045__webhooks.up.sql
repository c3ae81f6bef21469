-- Webhooks: endpoints that receive events, and their secrets, queues and deliveries; and the feed of all events.
--
-- `owner_id` says whose an endpoint is: a tenant's, or the operator's if it is NULL. `tenant_id` says whose events it gets:
-- one tenant's, or everybody's if it is NULL.

CREATE TABLE main.webhook_endpoints (
    id uuid PRIMARY KEY,
    url varchar(2000) NOT NULL,
    event_types varchar[] NOT NULL DEFAULT '{}',
    description varchar(500),
    is_enabled boolean NOT NULL DEFAULT true,
    tenant_id uuid REFERENCES main.tenants (id),
    owner_id uuid,
    audience text NOT NULL GENERATED ALWAYS AS (CASE WHEN owner_id IS NULL THEN 'operator' ELSE 'tenant' END) STORED,
    signing text NOT NULL DEFAULT 'hmac',
    disabled_reason text,
    disabled_on timestamptz,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT webhook_endpoints_scope CHECK (owner_id IS NULL OR tenant_id = owner_id),
    CONSTRAINT webhook_endpoints_signing CHECK (signing IN ('hmac', 'ed25519')),
    CONSTRAINT webhook_endpoints_reason CHECK (disabled_reason IN ('MANUAL', 'GONE', 'FAILING')),
    CONSTRAINT webhook_endpoints_disabled CHECK (is_enabled = (disabled_reason IS NULL) AND is_enabled = (disabled_on IS NULL))
);
CREATE INDEX idx_webhook_endpoints_tenant ON main.webhook_endpoints (tenant_id, id);
CREATE INDEX idx_webhook_endpoints_owner ON main.webhook_endpoints (owner_id, id);
CREATE INDEX idx_webhook_endpoints_created ON main.webhook_endpoints (created_on DESC, id) WHERE NOT deleted;
CREATE TRIGGER touch_row BEFORE UPDATE ON main.webhook_endpoints FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- Why and since when an endpoint is disabled follows from `is_enabled`, whoever changes it.
CREATE FUNCTION main.webhook_endpoint_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.owner_id IS NOT NULL AND NEW.tenant_id IS NULL THEN
        NEW.tenant_id := NEW.owner_id;
    END IF;
    IF NEW.is_enabled THEN
        NEW.disabled_reason := NULL;
        NEW.disabled_on := NULL;
    ELSIF NEW.disabled_on IS NULL THEN
        NEW.disabled_reason := coalesce(NEW.disabled_reason, 'MANUAL');
        NEW.disabled_on := date_trunc('milliseconds', clock_timestamp());
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER state BEFORE INSERT OR UPDATE ON main.webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION main.webhook_endpoint_state();

-- Sealed under DATA_ENCRYPTION_KEY. The current one has no end; those before it sign until theirs.
CREATE TABLE main.webhook_secrets (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES main.webhook_endpoints (id),
    owner_id uuid,
    signing text NOT NULL,
    sealed bytea NOT NULL,
    reason varchar(200),
    created_on timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid,
    expires_on timestamptz
);
CREATE INDEX idx_webhook_secrets_endpoint ON main.webhook_secrets (endpoint_id, created_on);
CREATE INDEX idx_webhook_secrets_expiry ON main.webhook_secrets (expires_on) WHERE expires_on IS NOT NULL;

-- What the sender has to know of an endpoint, apart from the endpoint, whose version tells of changes by people.
CREATE TABLE main.webhook_queues (
    endpoint_id uuid PRIMARY KEY REFERENCES main.webhook_endpoints (id),
    owner_id uuid,
    host text NOT NULL,
    is_active boolean NOT NULL,
    due_on timestamptz,
    claim uuid,
    failing_since timestamptz
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON COLUMN main.webhook_queues.due_on IS 'when to look at its deliveries; NULL: nothing waits, or it is disabled';
COMMENT ON COLUMN main.webhook_queues.failing_since IS 'the first failure after the last success';
CREATE INDEX idx_webhook_queues_due ON main.webhook_queues (due_on) WHERE due_on IS NOT NULL;
CREATE INDEX idx_webhook_queues_claim ON main.webhook_queues (claim) WHERE claim IS NOT NULL;

CREATE FUNCTION main.webhook_endpoint_queue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    active constant boolean := NEW.is_enabled AND NOT NEW.deleted;
    host constant text := coalesce(lower(substring(NEW.url FROM '^[A-Za-z]+://(\[[^]]*\]|[^/:?#]*)')), '');
BEGIN
    INSERT INTO main.webhook_queues AS queue (endpoint_id, owner_id, host, is_active)
    VALUES (NEW.id, NEW.owner_id, host, active)
    ON CONFLICT (endpoint_id) DO UPDATE
    SET host = excluded.host, is_active = excluded.is_active,
        due_on = CASE
            WHEN NOT excluded.is_active THEN NULL WHEN queue.is_active THEN queue.due_on ELSE clock_timestamp() END,
        failing_since = CASE WHEN queue.is_active THEN queue.failing_since END
    WHERE queue.host <> excluded.host OR queue.is_active <> excluded.is_active;
    RETURN NULL;
END
$$;
CREATE TRIGGER queue AFTER INSERT OR UPDATE OF url, is_enabled, deleted ON main.webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION main.webhook_endpoint_queue();

-- One row for each event and endpoint; its id is the `webhook-id`, and a replay uses the row again.
CREATE TABLE main.webhook_deliveries (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES main.webhook_endpoints (id),
    owner_id uuid,
    tenant_id uuid,
    event_id uuid NOT NULL,
    event_type varchar(100) NOT NULL,
    status text NOT NULL DEFAULT 'PENDING',
    body bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    next_attempt_on timestamptz,
    claim uuid,
    last_status integer,
    last_error varchar(300),
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
    completed_on timestamptz,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT webhook_deliveries_status CHECK (status IN ('PENDING', 'SUCCEEDED', 'FAILED'))
) WITH (autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON COLUMN main.webhook_deliveries.failures IS 'failed attempts in a row, since the last replay: the rung of the ladder';
CREATE INDEX idx_webhook_deliveries_endpoint ON main.webhook_deliveries (endpoint_id, created_on DESC, id);
CREATE INDEX idx_webhook_deliveries_owner ON main.webhook_deliveries (owner_id, created_on DESC, id);
-- Operators look for the deliveries of a tenant's events, and erasure removes them.
CREATE INDEX idx_webhook_deliveries_tenant ON main.webhook_deliveries (tenant_id, created_on DESC, id);
CREATE INDEX idx_webhook_deliveries_created ON main.webhook_deliveries (created_on DESC, id);
CREATE INDEX idx_webhook_deliveries_due ON main.webhook_deliveries (endpoint_id, next_attempt_on) WHERE status = 'PENDING';
CREATE INDEX idx_webhook_deliveries_claim ON main.webhook_deliveries (claim) WHERE claim IS NOT NULL;
CREATE INDEX idx_webhook_deliveries_open ON main.webhook_deliveries (endpoint_id) WHERE claim IS NOT NULL;
CREATE INDEX idx_webhook_deliveries_failed ON main.webhook_deliveries (created_on DESC, id) WHERE status = 'FAILED';

CREATE TABLE main.webhook_attempts (
    id uuid PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES main.webhook_deliveries (id) ON DELETE CASCADE,
    owner_id uuid,
    number integer NOT NULL,
    started_on timestamptz NOT NULL,
    duration_millis integer NOT NULL,
    http_status integer,
    error varchar(300),
    response varchar(500),
    row_version bigint NOT NULL DEFAULT 1
);
CREATE INDEX idx_webhook_attempts_delivery ON main.webhook_attempts (delivery_id, number);

-- Who has asked for which deliveries once more.
CREATE TABLE main.webhook_replays (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES main.webhook_endpoints (id),
    owner_id uuid,
    from_on timestamptz NOT NULL,
    to_on timestamptz NOT NULL,
    event_types varchar[],
    reason varchar(200),
    deliveries integer NOT NULL,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
    created_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE INDEX idx_webhook_replays_endpoint ON main.webhook_replays (endpoint_id, created_on DESC, id);
CREATE INDEX idx_webhook_replays_owner ON main.webhook_replays (owner_id);
CREATE INDEX idx_webhook_replays_created ON main.webhook_replays (created_on);

-- The feed: what may leave the system of each event, numbered without gaps among all events (position), among those of a
-- tenant (sequence), and among those that the tenant's own users see (own_sequence; NULL: not for them).
CREATE TABLE main.event_feed (
    position bigint PRIMARY KEY,
    tenant_id uuid,
    sequence bigint NOT NULL,
    own_sequence bigint,
    event_id uuid NOT NULL,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_on timestamptz NOT NULL,
    data text NOT NULL
);
CREATE INDEX idx_event_feed_tenant ON main.event_feed (tenant_id, sequence);
CREATE INDEX idx_event_feed_own ON main.event_feed (tenant_id, own_sequence) WHERE own_sequence IS NOT NULL;
CREATE INDEX idx_event_feed_recorded ON main.event_feed (recorded_on);

-- The last numbers given, by tenant; those of events without a tenant are at tenant 0.
CREATE TABLE main.event_counters (
    tenant_id uuid PRIMARY KEY,
    last_sequence bigint NOT NULL,
    last_own_sequence bigint NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE main.event_positions (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    last_position bigint NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
INSERT INTO main.event_positions (last_position) VALUES (0);

-- The same id for the same event and endpoint, whenever the delivery is made.
CREATE FUNCTION main.webhook_delivery_id(endpoint uuid, event uuid) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT md5(endpoint::text || ' ' || event::text)::uuid
$$;

-- The body of a delivery. Everything in it but `data`, which is JSON already, needs no escapes.
CREATE FUNCTION main.webhook_body(
    type text, occurred_at timestamptz, sequence bigint, event uuid, tenant uuid, data text
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT convert_to(
        '{"type":"' || type || '","timestamp":"'
            || to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","sequence":' || sequence
            || ',"eventId":"' || event || '"' || coalesce(',"tenantId":"' || tenant || '"', '') || ',"data":' || data || '}',
        'UTF8')
$$;

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['webhook_endpoints', 'webhook_secrets', 'webhook_queues', 'webhook_deliveries',
        'webhook_attempts', 'webhook_replays']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$
            CREATE POLICY tenant_isolation ON main.%I
                USING ((SELECT current_setting('app.tenant_id', true) = '*') OR owner_id = (SELECT main.current_tenant()))
                WITH CHECK (
                    current_setting('app.tenant_id', true) = '*' OR owner_id::text = current_setting('app.tenant_id', true))
            $policy$, owned);
    END LOOP;
END
$$;
-- A tenant's own users read of the feed what is for them; nobody but the service itself writes.
ALTER TABLE main.event_feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.event_feed
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR (tenant_id = (SELECT main.current_tenant()) AND own_sequence IS NOT NULL))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
ALTER TABLE main.event_counters ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.event_counters
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
ALTER TABLE main.event_positions ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_only ON main.event_positions USING ((SELECT current_setting('app.tenant_id', true) = '*'));

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.webhook_endpoints, main.webhook_queues, main.event_counters TO tenant_mgmt_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.webhook_secrets, main.webhook_deliveries TO tenant_mgmt_app;
        GRANT SELECT, INSERT, DELETE ON main.webhook_attempts, main.webhook_replays, main.event_feed TO tenant_mgmt_app;
        GRANT SELECT, UPDATE ON main.event_positions TO tenant_mgmt_app;
    END IF;
END
$$;
