import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport

/// Events that are published or dead.
extension ValidRequests {
    func events(_ operation: APIDocument.Operation) async throws -> Request? {
        switch operation.name {
        case let name where name.contains(" /events/{id}") || name.contains(" /events/dead-letters/{id}"):
            let event = Identifier.v4().description
            let isDead = name.contains("dead-letters")
            try await stack.database(stack.node(.subscription) == nil ? .tenantManagement : .subscription).query(
                """
                INSERT INTO main.outbox (event_id, type, version, occurred_at, data, state, settled_at)
                VALUES ($1::uuid, 'TEST', 1, now(), '{}', $2::smallint, now())
                """, [.text(event), .int16(isDead ? 2 : 1)])
            // Only one service runs: the bus does not know the groups of the others.
            let group: JSONValue = stack.node(.subscription) == nil ? "tenant-management" : "subscription"
            let body = body(operation).map { isDead ? $0 : $0.replacing(["groups"], with: [group]) }
            return Request(
                path: operation.path(with: isDead ? "outbox:\(event)" : event), body: body, token: stack.admin)
        default: return nil
        }
    }
}
