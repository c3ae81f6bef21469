package import PostgresClient
package import Primitives

/// The circumstances of a write: on whose behalf and when it happens, in which trace, and what commits with it.
///
/// It is made once, from a request or from a delivered event; services and repositories take it as a parameter. They write
/// through ``batch(resource:)`` or ``withTransaction(on:resource:as:_:)``, whose transactions carry the settings of row-level
/// security and of the audit log and all marks, so that none can be forgotten.
package struct WriteContext: Sendable {
    /// The rows that may be touched, and who touches them.
    package let scope: TenantScope
    /// When the request or the event arrived: the instant of everything that it causes.
    package let now: Timestamp
    /// Who causes it, for the audit log; stays the same when the write goes on in another scope.
    package let origin: WriteOrigin
    /// The trace that events of this write belong to.
    package let trace: TraceContext?
    private let marks: [CommitMark]

    /// Makes a context; requests and deliveries have methods for this.
    package init(
        scope: TenantScope, now: Timestamp, origin: WriteOrigin = .system, trace: TraceContext? = nil,
        marks: [CommitMark] = []
    ) {
        self.scope = scope
        self.now = now
        self.origin = origin
        self.trace = trace
        self.marks = marks
    }

    /// Who makes the change, for the audit columns.
    package var actor: Actor { scope.actor }
    /// The tenant of the user who makes the change; nil for operators and the service itself.
    package var tenantID: Identifier? { scope.tenantID }
    /// What the transaction of the write sets: what row-level security and the audit log read.
    package var settings: [PostgresSetting] { scope.settings + [origin.setting(trace)] }
    /// Whether anything commits with the effect.
    package var hasMarks: Bool { !marks.isEmpty }

    /// A setting for batches that write rows which do not name the tenant they belong to: whose they are, for the audit log.
    package static func auditTenant(_ tenant: Identifier) -> PostgresSetting {
        PostgresSetting("app.audit_tenant", tenant.description)
    }

    /// The same write in another scope: for what a service does that the caller's own rights do not cover.
    package func acting(in scope: TenantScope) -> WriteContext {
        WriteContext(scope: scope, now: now, origin: origin, trace: trace, marks: marks)
    }

    /// The same write by somebody who became known while the request was handled.
    package func acting(as origin: WriteOrigin, in scope: TenantScope) -> WriteContext {
        WriteContext(scope: scope, now: now, origin: origin, trace: trace, marks: marks)
    }

    /// The same write at another instant: for a tenant that does not live on the real time.
    package func at(_ now: Timestamp) -> WriteContext {
        WriteContext(scope: scope, now: now, origin: origin, trace: trace, marks: marks)
    }

    /// The same write as a part of another trace.
    package func within(_ trace: TraceContext) -> WriteContext {
        WriteContext(scope: scope, now: now, origin: origin, trace: trace, marks: marks)
    }

    /// The same write with one more mark.
    package func adding(_ mark: CommitMark) -> WriteContext {
        WriteContext(scope: scope, now: now, origin: origin, trace: trace, marks: marks + [mark])
    }

    /// A batch that already has the settings and the marks.
    /// - Parameter resource: The row from which the response of a repeated request is rebuilt after a crash, usually the
    ///   one that is created; nil if the response depends on no row.
    /// - Parameter settings: More settings of PostgreSQL, which choose how statements are planned.
    package func batch(resource: Identifier?, settings: [PostgresSetting] = []) -> PostgresBatch {
        var batch = PostgresBatch(settings: self.settings + settings)
        for mark in marks { batch.add(mark.statement(resource)) }
        return batch
    }

    /// Commits the marks alone: for a request or an event that turned out to have no effect.
    package func commitMarks(on pool: PostgresPool) async throws(PostgresError) {
        guard hasMarks else { return }
        _ = try await pool.run(batch(resource: nil))
    }

    /// Runs `body` in a transaction that has the settings and the marks; see `PostgresPool.withTransaction`.
    /// - Parameter resource: See ``batch(resource:)``.
    package func withTransaction<Value>(
        on pool: PostgresPool, resource: Identifier?, as workload: PostgresWorkload = .write,
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        try await pool.withTransaction(settings: settings, as: workload) { transaction in
            if hasMarks {
                var batch = PostgresBatch()
                for mark in marks { batch.add(mark.statement(resource)) }
                _ = try await transaction.run(batch)
            }
            return try await body(transaction)
        }
    }
}
