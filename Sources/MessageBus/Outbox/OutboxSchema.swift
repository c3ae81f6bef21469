import Entities

/// The SQL of the outbox, for a service's own migrations: table `main.outbox` and what keeps its order.
///
/// - **Order.** A trigger numbers the rows while it holds a lock on the tenant to the end of the transaction. So of two
///   transactions that write events for one tenant, the one that commits first has the lower positions, and the relay
///   can never see the later event first. Write the outbox rows last in a transaction: the lock is then held briefly.
/// - **Wake-up.** `NOTIFY` makes PostgreSQL commit one transaction after the other (measured at ten connections:
///   940 commits a second with it, 5,800 without). So the trigger notifies only while a relay has said, in
///   `main.outbox_wake_up`, that it is about to sleep. See ``OutboxPacing`` for why no wake-up gets lost.
/// - **Privileges.** The runtime role may append events; it sees and settles them only with `app.tenant_id` = `*`
///   (row-level security), and can never change what an event says.
package enum OutboxSchema {
    /// The statements that create the outbox in schema `main`, which must exist.
    /// - Parameter runtimeRole: the role that the service runs as; nothing is granted when it does not exist.
    package static func up(runtimeRole: String) -> String {
        tables + triggers + policies
            + RoleGrants.sql(
                to: runtimeRole,
                [
                    "USAGE ON SCHEMA main", "SELECT, INSERT, DELETE ON main.outbox",
                    "UPDATE (state, attempts, visible_at, claim, settled_at, last_error) ON main.outbox",
                    "USAGE ON SEQUENCE main.outbox_position", "SELECT, UPDATE (armed) ON main.outbox_wake_up",
                ])
    }

    /// The statements that remove the outbox with all that it holds.
    package static let down = """
        DROP TABLE main.outbox;
        DROP TABLE main.outbox_wake_up;
        DROP FUNCTION main.outbox_number();
        DROP FUNCTION main.outbox_notify();

        """

    // `state = 0` in one index and `state < 1` in the other: see ClaimSettings.
    private static let tables = """
        CREATE TABLE main.outbox (
            event_id uuid PRIMARY KEY,
            position bigint NOT NULL,
            ordering_key uuid NOT NULL GENERATED ALWAYS AS (COALESCE(tenant_id, event_id)) STORED,
            type text NOT NULL CHECK (type ~ '^[A-Z][A-Z0-9_]{0,99}$'),
            version integer NOT NULL CHECK (version > 0),
            tenant_id uuid,
            occurred_at timestamptz NOT NULL,
            traceparent text,
            data json NOT NULL,
            state smallint NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)),
            attempts integer NOT NULL DEFAULT 0,
            visible_at timestamptz,
            claim uuid,
            settled_at timestamptz,
            last_error text
        ) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
        COMMENT ON COLUMN main.outbox.state IS '0 pending, 1 published, 2 dead letter';
        COMMENT ON COLUMN main.outbox.visible_at IS 'not to be claimed before: a lease or a back-off';
        CREATE INDEX outbox_pending ON main.outbox (position) WHERE state = 0;
        CREATE INDEX outbox_pending_by_key ON main.outbox (ordering_key, position) WHERE state < 1;
        CREATE INDEX outbox_published ON main.outbox (settled_at) WHERE state = 1;
        CREATE INDEX outbox_dead ON main.outbox (position) WHERE state = 2;
        CREATE SEQUENCE main.outbox_position AS bigint OWNED BY main.outbox.position;
        CREATE TABLE main.outbox_wake_up (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            armed boolean NOT NULL
        );
        INSERT INTO main.outbox_wake_up (armed) VALUES (true);

        """

    // 1869968482 is 'oubo' in ASCII: a separate lock space.
    static let numbering = """
        FUNCTION main.outbox_number() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            IF NEW.tenant_id IS NOT NULL THEN
                PERFORM pg_catalog.pg_advisory_xact_lock(1869968482, pg_catalog.uuid_hash(NEW.tenant_id));
            END IF;
            NEW.position := pg_catalog.nextval('main.outbox_position');
            RETURN NEW;
        END
        $function$;
        """

    private static let triggers = """
        CREATE \(numbering)
        CREATE FUNCTION main.outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            PERFORM pg_catalog.pg_notify('outbox', '') FROM main.outbox_wake_up WHERE armed;
            RETURN NULL;
        END
        $function$;
        CREATE TRIGGER outbox_number BEFORE INSERT ON main.outbox
            FOR EACH ROW EXECUTE FUNCTION main.outbox_number();
        CREATE TRIGGER outbox_notify AFTER INSERT ON main.outbox
            FOR EACH STATEMENT EXECUTE FUNCTION main.outbox_notify();

        """

    private static let policies = """
        ALTER TABLE main.outbox ENABLE ROW LEVEL SECURITY;
        CREATE POLICY outbox_append ON main.outbox FOR INSERT WITH CHECK (
            current_setting('app.tenant_id', true) IN ('*', tenant_id::text));
        CREATE POLICY outbox_relay ON main.outbox USING ((SELECT current_setting('app.tenant_id', true)) = '*');

        """
}
