import Entities

/// What operators need of an outbox, for a service's own migrations: the record of replays, the view `main.event_log` and the
/// indexes of its lists.
///
/// The view shows everything but the content of events, which may hold personal data and sealed secrets. Row-level security of
/// the outbox holds for it: only operators see rows.
extension OutboxSchema {
    /// The statements that add it to an outbox.
    /// - Parameter runtimeRole: the role that the service runs as; nothing is granted when it does not exist.
    package static func logUp(runtimeRole: String) -> String {
        columns + indexes + view + RoleGrants.sql(to: runtimeRole, ["SELECT ON main.event_log"])
    }

    /// The statements that remove it.
    package static let logDown = """
        DROP VIEW main.event_log;
        DROP INDEX main.outbox_by_time;
        DROP INDEX main.outbox_by_tenant;
        DROP INDEX main.outbox_by_type;
        DROP INDEX main.outbox_by_state;
        DROP INDEX main.outbox_dead_by_time;
        DROP INDEX main.outbox_replays;
        ALTER TABLE main.outbox DROP COLUMN replay_of, DROP COLUMN replay_groups, DROP COLUMN replayed_by,
            DROP COLUMN replay_reason;

        """

    private static let columns = """
        ALTER TABLE main.outbox ADD COLUMN replay_of uuid, ADD COLUMN replay_groups text[], ADD COLUMN replayed_by text,
            ADD COLUMN replay_reason text;
        COMMENT ON COLUMN main.outbox.replay_of IS 'the event that this one repeats for an operator';
        COMMENT ON COLUMN main.outbox.replay_groups IS 'the only groups that get the replay; NULL: all';

        """

    // In the order of lists: the newest first, then by identifier.
    private static let indexes = """
        CREATE INDEX outbox_by_time ON main.outbox (occurred_at DESC, event_id);
        CREATE INDEX outbox_by_tenant ON main.outbox (tenant_id, occurred_at DESC, event_id);
        CREATE INDEX outbox_by_type ON main.outbox (type, occurred_at DESC, event_id);
        CREATE INDEX outbox_by_state ON main.outbox (state, occurred_at DESC, event_id);
        CREATE INDEX outbox_dead_by_time ON main.outbox (settled_at, event_id) WHERE state = 2;
        CREATE INDEX outbox_replays ON main.outbox (replay_of) WHERE replay_of IS NOT NULL;

        """

    private static let view = """
        CREATE VIEW main.event_log WITH (security_invoker = true) AS
            SELECT event_id AS id, attempts::bigint * 4 + state AS row_version, type, version, tenant_id, occurred_at,
                state, attempts, settled_at, last_error, traceparent, replay_of, replay_groups::varchar[] AS replay_groups,
                replayed_by, replay_reason
            FROM main.outbox;

        """
}
