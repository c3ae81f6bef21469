import Entities
import PostgresClient

/// The SQL of idempotency keys, for a service's own migrations: table `main.idempotency_keys`.
///
/// A row is claimed before a request is carried out, marked in the transaction of its effect, and given the answer after
/// it. So at any moment the row shows whether there was an effect, which is what makes a repetition after a crash safe.
package enum IdempotencySchema {
    /// The statements that create the table in schema `main`, which must exist.
    /// - Parameter runtimeRole: The role that the service runs as; nothing is granted when it does not exist.
    package static func up(runtimeRole: String) -> String {
        """
        -- Requests that clients have named by an Idempotency-Key: whether they had their effect, and the answer.
        CREATE TABLE main.idempotency_keys (
            key_hash bytea PRIMARY KEY,
            fingerprint bytea NOT NULL,
            tenant_id text NOT NULL,
            claim uuid NOT NULL,
            claimed_until timestamptz NOT NULL,
            applied_on timestamptz,
            resource_id uuid,
            status smallint,
            location text,
            media_type text,
            etag text,
            answer bytea,
            created_on timestamptz NOT NULL
        ) WITH (fillfactor = 80);
        COMMENT ON COLUMN main.idempotency_keys.applied_on IS 'when the effect was committed: in the same transaction';
        COMMENT ON COLUMN main.idempotency_keys.answer IS 'the body that was answered, sealed';
        CREATE INDEX idx_idempotency_keys_created ON main.idempotency_keys (created_on);

        ALTER TABLE main.idempotency_keys ENABLE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON main.idempotency_keys
            USING (
                current_setting('app.tenant_id', true) = '*'
                OR (tenant_id = current_setting('app.tenant_id', true) AND tenant_id <> ''));

        -- Called in the transaction of the effect. It fails, and the effect with it, when the claim has run out and
        -- another process has the request now.
        CREATE FUNCTION main.mark_idempotency_key(key bytea, owner uuid, instant timestamptz, resource uuid)
            RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE main.idempotency_keys SET applied_on = instant, resource_id = resource
            WHERE key_hash = key AND claim = owner AND applied_on IS NULL;
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = '\(CommitMark.lost)', MESSAGE = 'the request was given to another process';
            END IF;
        END
        $$;

        DO $grants$
        BEGIN
            IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '\(runtimeRole)') THEN
                GRANT SELECT, INSERT, UPDATE, DELETE ON main.idempotency_keys TO \(runtimeRole);
            END IF;
        END
        $grants$;

        """
    }

    /// The statements that remove the table with all that it holds.
    package static let down = """
        DROP FUNCTION main.mark_idempotency_key(bytea, uuid, timestamptz, uuid);
        DROP TABLE main.idempotency_keys;

        """
}
