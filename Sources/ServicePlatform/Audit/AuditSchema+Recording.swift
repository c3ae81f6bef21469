extension AuditSchema {
    /// SQL of a new id: a UUID of version 7, so that indexes grow at their end.
    static let newID = """
        encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
            substring(int8send((date_part('epoch', clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
        """

    /// How changes are recorded. Triggers for each row were measured against triggers for each statement with transition tables: a
    /// single row costs 20 µs instead of 31 when it is inserted, and 38 instead of 90 when it is updated, and almost every statement
    /// changes a single row. Functions that name the columns of their table are cheaper than one for all tables, which would have
    /// to compare JSON. Conditions belong to the triggers: calling a function for a row that the log does not have cost a third of what
    /// recording it does.
    static let recording = """
        -- Records the changes of a table from now on; see AuditedTable. The setting app.audit holds, separated by U+001F, the kind of
        -- actor, the credential, the request, the trace and the actor.
        CREATE FUNCTION main.audit_table(
            target text, entity text, owner text, identity text, omitted text[], secret text[], renamed jsonb,
            condition text, events text
        ) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
        DECLARE
            always constant text[] := '{\(AuditedTable.alwaysOmitted.joined(separator: ","))}';
            found record;
            member text;
            value text;
            inserted text := '';
            deleted text := '';
            compared text := '';
            action text := $text$'update'$text$;
            event text;
        BEGIN
            FOR found IN
                SELECT a.attname AS name, a.atttypid = 'json'::regtype AS is_text FROM pg_attribute AS a
                WHERE a.attrelid = format('main.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped
                    AND a.attname <> ALL (always || omitted)
                ORDER BY a.attnum
            LOOP
                member := replace(initcap(replace(found.name, '_', ' ')), ' ', '');
                member := coalesce(renamed ->> found.name, lower(left(member, 1)) || substr(member, 2));
                value := CASE WHEN found.name = ANY (secret) THEN 'CASE WHEN %2$s.%3$I IS NOT NULL THEN ''[redacted]''::text END'
                    ELSE '%2$s.%3$I' END;
                IF found.name <> 'deleted' THEN
                    inserted := inserted || format(', %1$L, ' || value, member, 'NEW', found.name);
                    deleted := deleted || format(', %1$L, ' || value, member, 'OLD', found.name);
                END IF;
                compared := compared || format(
                    CASE WHEN found.is_text THEN $text$
                IF NEW.%1$I::text IS DISTINCT FROM OLD.%1$I::text THEN
                    $text$ ELSE $text$
                IF NEW.%1$I IS DISTINCT FROM OLD.%1$I THEN
                    $text$ END || $text$before := before || jsonb_build_object(%2$L, %3$s);
                    after := after || jsonb_build_object(%2$L, %4$s);
                END IF;$text$,
                    found.name, member, format(value, member, 'OLD', found.name), format(value, member, 'NEW', found.name));
                IF found.name = 'deleted' THEN
                    action := $text$CASE WHEN NEW.deleted AND NOT OLD.deleted THEN 'delete'
                        WHEN OLD.deleted AND NOT NEW.deleted THEN 'restore' ELSE 'update' END$text$;
                END IF;
            END LOOP;
            EXECUTE format($text$
                CREATE OR REPLACE FUNCTION main.%1$I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                    SET search_path = pg_catalog, pg_temp AS $body$
                DECLARE
                    r main.%2$I;
                    before jsonb := '{}';
                    after jsonb := '{}';
                    action text;
                    context constant text := coalesce(current_setting('app.audit', true), '');
                BEGIN
                    IF TG_OP = 'INSERT' THEN
                        r := NEW;
                        action := 'create';
                        after := jsonb_strip_nulls(jsonb_build_object(%3$s));
                    ELSIF TG_OP = 'DELETE' THEN
                        r := OLD;
                        action := 'delete';
                        before := jsonb_strip_nulls(jsonb_build_object(%4$s));
                    ELSE
                        r := NEW;
                        %5$s
                        -- Whoever has asked for a change that changes nothing is recorded, but not the service's own work.
                        IF after = '{}' AND split_part(context, E'\\x1f', 1)
                            NOT IN ('operator', 'tenantUser', 'lead', 'service')
                        THEN
                            RETURN NULL;
                        END IF;
                        action := %6$s;
                    END IF;
                    INSERT INTO main.audit_pending (
                        id, recorded_on, tenant_id, actor, actor_kind, credential, entity, entity_id, action, before, after,
                        request_id, trace_id)
                    VALUES (
                        \(newID),
                        date_trunc('milliseconds', now()), %7$s, nullif(split_part(context, E'\\x1f', 5), ''),
                        coalesce(nullif(split_part(context, E'\\x1f', 1), ''), 'system'),
                        nullif(split_part(context, E'\\x1f', 2), ''), %8$L, %9$s, action, nullif(before, '{}'),
                        nullif(after, '{}'), nullif(split_part(context, E'\\x1f', 3), ''),
                        nullif(split_part(context, E'\\x1f', 4), ''));
                    RETURN NULL;
                END
                $body$
                $text$,
                'audit_' || target, target, substr(inserted, 3), substr(deleted, 3), compared, action, owner, entity, identity);
            FOR found IN
                SELECT tgname FROM pg_trigger WHERE tgrelid = format('main.%I', target)::regclass AND NOT tgisinternal
                    AND tgname IN ('audit', 'audit_update', 'audit_delete')
            LOOP
                EXECUTE format('DROP TRIGGER %I ON main.%I', found.tgname, target);
            END LOOP;
            IF condition = 'true' THEN
                EXECUTE format(
                    'CREATE TRIGGER audit AFTER %s ON main.%I FOR EACH ROW EXECUTE FUNCTION main.%I()',
                    events, target, 'audit_' || target);
                RETURN;
            END IF;
            -- The condition of a trigger names its row OLD or NEW, so that each operation needs its own.
            FOREACH event IN ARRAY string_to_array(events, ' OR ') LOOP
                EXECUTE format(
                    'CREATE TRIGGER %I AFTER %s ON main.%I FOR EACH ROW WHEN (%s) EXECUTE FUNCTION main.%I()',
                    CASE event WHEN 'INSERT' THEN 'audit' ELSE 'audit_' || lower(event) END, event, target,
                    replace(
                        regexp_replace(condition, '\\mr\\.', CASE event WHEN 'DELETE' THEN 'OLD.' ELSE 'NEW.' END, 'g'),
                        'TG_OP', quote_literal(event)),
                    'audit_' || target);
            END LOOP;
        END
        $function$;

        -- Records a command that changes no row of an audited table.
        CREATE FUNCTION main.audit_command(tenant uuid, entity text, entity_id uuid, action text, details jsonb) RETURNS void
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
        DECLARE
            context constant text := coalesce(current_setting('app.audit', true), '');
        BEGIN
            INSERT INTO main.audit_pending (
                id, recorded_on, tenant_id, actor, actor_kind, credential, entity, entity_id, action, after, request_id, trace_id)
            VALUES (
                \(newID), date_trunc('milliseconds', now()), tenant, nullif(split_part(context, E'\\x1f', 5), ''),
                coalesce(nullif(split_part(context, E'\\x1f', 1), ''), 'system'), nullif(split_part(context, E'\\x1f', 2), ''),
                entity, entity_id, action, nullif(details, '{}'), nullif(split_part(context, E'\\x1f', 3), ''),
                nullif(split_part(context, E'\\x1f', 4), ''));
        END
        $function$;

        """
}
