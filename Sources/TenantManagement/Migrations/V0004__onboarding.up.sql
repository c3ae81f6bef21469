-- Keys by which leads prove their e-mail address: only their hashes, each good for one use.
CREATE TABLE main.lead_keys (
    key_hash bytea PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES main.leads (id) ON DELETE CASCADE,
    expires_on timestamptz NOT NULL,
    used_on timestamptz
);
CREATE INDEX idx_lead_keys_lead ON main.lead_keys (lead_id);
CREATE INDEX idx_lead_keys_expiry ON main.lead_keys (expires_on);

-- One row for each time a tenant is provisioned. Its id is the `context` of the event and of the call-back's signature.
CREATE TABLE main.provisionings (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    subscription_id text,
    status smallint NOT NULL DEFAULT 0,
    requested_on timestamptz NOT NULL,
    expires_on timestamptz NOT NULL,
    completed_on timestamptz,
    callback_digest bytea,
    CONSTRAINT provisionings_status CHECK (status IN (0, 1, 2))
);
COMMENT ON COLUMN main.provisionings.status IS '0 requested, 1 succeeded, 2 failed';
CREATE UNIQUE INDEX idx_provisionings_open ON main.provisionings (tenant_id) WHERE status = 0;
CREATE INDEX idx_provisionings_tenant ON main.provisionings (tenant_id, requested_on DESC);
CREATE INDEX idx_provisionings_expiry ON main.provisionings (expires_on) WHERE status = 0;

-- Mails that are to be sent, written in the transaction that is their reason. What they say is sealed.
CREATE TABLE main.notifications (
    id uuid PRIMARY KEY,
    type text NOT NULL,
    tenant_id uuid,
    content bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_on timestamptz NOT NULL,
    failed_on timestamptz,
    created_on timestamptz NOT NULL
);
CREATE INDEX idx_notifications_due ON main.notifications (next_attempt_on) WHERE failed_on IS NULL;
