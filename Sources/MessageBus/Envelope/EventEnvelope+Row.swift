import PostgresClient
import Primitives

extension EventEnvelope {
    /// Reads an event from seven columns in a row: id, type, version, tenant, occurred at, traceparent, data.
    /// - Parameter replay: The first of two more columns: the event that it repeats, and for which groups.
    init(row: PostgresRow, from column: Int, replay: Int) throws(PostgresError) {
        let groups = try row.textArrayIfPresent(replay + 1) ?? []
        self.init(
            stored: try row.identifier(column), type: try row.text(column + 1), version: try row.int(column + 2),
            tenantID: try row.identifierIfPresent(column + 3), occurredAt: try row.timestamp(column + 4),
            trace: try row.textIfPresent(column + 5).flatMap(TraceContext.init(stored:)),
            replay: try row.identifierIfPresent(replay).map { EventReplay(of: $0, groups: groups) },
            data: try row.json(column + 6))
    }
}
