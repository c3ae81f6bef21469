package import Entities

/// A table whose changes are recorded in the audit log, as a migration attaches it.
package struct AuditedTable: Sendable {
    package let table: String
    /// The name of the entity in the log.
    package let entity: String
    let owner: String
    let identity: String
    package let omitted: [String]
    package let secret: [String]
    let renamed: [String: String]
    let condition: String
    let trigger: String

    /// - Parameters:
    ///   - owner: SQL over `r`, the changed row: the tenant whose chain the change belongs to; NULL for the operator's.
    ///   - identity: SQL over `r`: the id of the row.
    ///   - omitted: Columns that the log does not have, such as those of leased work. Changes of these alone are not recorded.
    ///   - secret: Columns of which the log says only that they were changed.
    ///   - renamed: Members by columns, where these are not the column's name in camel case.
    ///   - condition: SQL over `r` and `TG_OP`, without subqueries: which rows are recorded.
    ///   - trigger: SQL of the events of the trigger.
    package init(
        _ table: String, as entity: String, of owner: String = "r.tenant_id", identity: String = "r.id",
        omitting omitted: [String] = [], secret: [String] = [], renaming renamed: [String: String] = [:],
        where condition: String = "true", on trigger: String = "INSERT OR UPDATE OR DELETE"
    ) {
        self.table = table
        self.entity = entity
        self.owner = owner
        self.identity = identity
        self.omitted = omitted
        self.secret = secret
        self.renamed = renamed
        self.condition = condition
        self.trigger = trigger
    }

    /// Columns that the log has elsewhere, or that say nothing: of every table.
    package static let alwaysOmitted = [
        "id", "row_version", "created_on", "modified_on", "created_by", "modified_by", "deleted_on", "deleted_by",
    ]

    var attaching: String {
        let names = renamed.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }
        return """
            SELECT main.audit_table('\(table)', '\(entity)', $owner$\(owner)$owner$, $identity$\(identity)$identity$,
                '{\(omitted.joined(separator: ","))}', '{\(secret.joined(separator: ","))}', '{\(names.joined(separator: ", "))}',
                $where$\(condition)$where$, '\(trigger)');

            """
    }

    var detaching: String {
        """
        DROP TRIGGER IF EXISTS audit ON main.\(table);
        DROP TRIGGER IF EXISTS audit_update ON main.\(table);
        DROP TRIGGER IF EXISTS audit_delete ON main.\(table);
        DROP FUNCTION IF EXISTS main.audit_\(table)();

        """
    }
}

extension AuditedTable {
    /// The names of the entities whose descriptions say that they hold personal data.
    package static func personal(in entities: [Entity]) -> [String] {
        entities.filter { entity in entity.properties.contains { $0.personalData != nil } }.map(\.name)
    }

    /// The replays of events, which operators ask for.
    package static let eventReplays = AuditedTable(
        "outbox", as: "EventReplay", identity: "r.event_id",
        omitting: [
            "position", "ordering_key", "version", "occurred_at", "traceparent", "data", "state", "attempts",
            "visible_at",
            "claim", "settled_at", "last_error",
        ], where: "r.replay_of IS NOT NULL", on: "INSERT")

    /// Tables of every service whose changes are not recorded, with the reason.
    package static let unrecorded: [String: String] = [
        "audit_chained": "the log itself", "audit_chains": "the log itself", "audit_checkpoints": "the log itself",
        "audit_logs": "the log itself", "audit_pending": "the log itself", "audit_work": "the log itself",
        "idempotency_keys": "marks of requests",
        "inbox": "marks of events",
        "outbox_wake_up": "state of the relay",
        "row_changes": "a log for caches",
        "schema_migrations": "written by `arc migrate`",
    ]
}
