extension OutboxSchema {
    /// The statements that make inserts into the outbox cheaper, in a later migration: the rules for its rows are part of the
    /// policies instead of being checks of the table.
    ///
    /// PostgreSQL parses the checks of a table again for every statement that writes to it, but keeps policies in the plan of the
    /// statement. Together with the regular expression, the checks were an eighth of the work for `POST /tenants`. Policies
    /// apply to the runtime role, which writes all events but those of migrations.
    package static let rulesInPolicies = """
        ALTER TABLE main.outbox
            DROP CONSTRAINT outbox_type_check, DROP CONSTRAINT outbox_version_check, DROP CONSTRAINT outbox_state_check;
        -- The condition for the type means '^[A-Z][A-Z0-9_]{0,99}$'.
        ALTER POLICY outbox_append ON main.outbox WITH CHECK (
            current_setting('app.tenant_id', true) IN ('*', tenant_id::text) AND version > 0 AND state IN (0, 1, 2)
            AND octet_length(type) <= 100 AND ascii(type) BETWEEN 65 AND 90
            AND rtrim(type, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_') = '');
        -- A policy for all commands would also permit inserts.
        DROP POLICY outbox_relay ON main.outbox;
        CREATE POLICY outbox_read ON main.outbox FOR SELECT USING ((SELECT current_setting('app.tenant_id', true)) = '*');
        CREATE POLICY outbox_settle ON main.outbox FOR UPDATE USING ((SELECT current_setting('app.tenant_id', true)) = '*')
            WITH CHECK (state IN (0, 1, 2));
        CREATE POLICY outbox_purge ON main.outbox FOR DELETE USING ((SELECT current_setting('app.tenant_id', true)) = '*');
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
    package static let rulesInChecks = """
        CREATE OR REPLACE \(numbering)
        DROP POLICY outbox_read ON main.outbox;
        DROP POLICY outbox_settle ON main.outbox;
        DROP POLICY outbox_purge ON main.outbox;
        CREATE POLICY outbox_relay ON main.outbox USING ((SELECT current_setting('app.tenant_id', true)) = '*');
        ALTER POLICY outbox_append ON main.outbox WITH CHECK (
            current_setting('app.tenant_id', true) IN ('*', tenant_id::text));
        ALTER TABLE main.outbox
            ADD CONSTRAINT outbox_type_check CHECK (type ~ '^[A-Z][A-Z0-9_]{0,99}$'),
            ADD CONSTRAINT outbox_version_check CHECK (version > 0),
            ADD CONSTRAINT outbox_state_check CHECK (state IN (0, 1, 2));

        """
}
