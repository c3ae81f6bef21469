extension OutboxSchema {
    /// The statements that make inserts into the outbox cheaper, in a later migration.
    ///
    /// PostgreSQL parses the checks of a table again for every statement that writes to it, and keeps those of a type. Together
    /// with the regular expression, the checks were an eighth of `POST /tenants` in PostgreSQL. The states are part of the
    /// policies instead, which are kept in the plan of a statement: a type of their own would change the conditions of the
    /// indexes by which events are claimed.
    package static let typedColumns = """
        CREATE DOMAIN main.event_type AS text;
        CREATE DOMAIN main.event_version AS integer;
        ALTER TABLE main.outbox
            DROP CONSTRAINT outbox_type_check, DROP CONSTRAINT outbox_version_check, DROP CONSTRAINT outbox_state_check,
            ALTER COLUMN type TYPE main.event_type, ALTER COLUMN version TYPE main.event_version;
        -- Means '^[A-Z][A-Z0-9_]{0,99}$'. Stored rows have passed that, so nothing needs to be read.
        ALTER DOMAIN main.event_type ADD CONSTRAINT event_type CHECK (
            octet_length(VALUE) <= 100 AND ascii(VALUE) BETWEEN 65 AND 90
            AND rtrim(VALUE, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_') = '') NOT VALID;
        ALTER DOMAIN main.event_version ADD CONSTRAINT event_version CHECK (VALUE > 0) NOT VALID;
        ALTER POLICY outbox_append ON main.outbox WITH CHECK (
            current_setting('app.tenant_id', true) IN ('*', tenant_id::text) AND state IN (0, 1, 2));
        ALTER POLICY outbox_relay ON main.outbox WITH CHECK (
            (SELECT current_setting('app.tenant_id', true)) = '*' AND state IN (0, 1, 2));
        CREATE OR REPLACE FUNCTION main.outbox_number() RETURNS trigger LANGUAGE plpgsql AS $function$
        DECLARE
            is_locked boolean;
        BEGIN
            IF NEW.tenant_id IS NOT NULL THEN
                -- An assignment, because PERFORM would run a query.
                is_locked := pg_catalog.pg_advisory_xact_lock(1869968482, pg_catalog.uuid_hash(NEW.tenant_id)) IS NOT NULL;
            END IF;
            NEW.position := pg_catalog.nextval('main.outbox_position');
            RETURN NEW;
        END
        $function$;

        """

    /// The statements that return to checks of the table.
    package static let untypedColumns = """
        CREATE OR REPLACE FUNCTION main.outbox_number() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            IF NEW.tenant_id IS NOT NULL THEN
                PERFORM pg_catalog.pg_advisory_xact_lock(1869968482, pg_catalog.uuid_hash(NEW.tenant_id));
            END IF;
            NEW.position := pg_catalog.nextval('main.outbox_position');
            RETURN NEW;
        END
        $function$;
        DROP POLICY outbox_relay ON main.outbox;
        CREATE POLICY outbox_relay ON main.outbox USING ((SELECT current_setting('app.tenant_id', true)) = '*');
        ALTER POLICY outbox_append ON main.outbox WITH CHECK (
            current_setting('app.tenant_id', true) IN ('*', tenant_id::text));
        ALTER TABLE main.outbox
            ALTER COLUMN type TYPE text, ALTER COLUMN version TYPE integer,
            ADD CONSTRAINT outbox_type_check CHECK (type ~ '^[A-Z][A-Z0-9_]{0,99}$'),
            ADD CONSTRAINT outbox_version_check CHECK (version > 0),
            ADD CONSTRAINT outbox_state_check CHECK (state IN (0, 1, 2));
        DROP DOMAIN main.event_type;
        DROP DOMAIN main.event_version;

        """
}
