import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// Every POST that takes an `Idempotency-Key` by its document, with a body that is accepted (docs/api.md).
@Suite struct EveryPostTests {
    /// Tables that work in progress fills and empties, and the keys themselves.
    private static let passing = [
        "outbox", "notifications", "idempotency_keys", "audit_logs", "audit_chains", "audit_work",
        // What events of requests before cause, and the sender of webhooks.
        "inbox", "event_feed", "event_counters", "event_positions", "webhook_queues", "webhook_deliveries",
        "webhook_attempts",
        // Workers go through the subscribers.
        "plan_repricings",
    ]

    @Test(arguments: WalkTests.kinds) func `a POST that is repeated with its key has one effect`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        try await ValidRequests.run(kind) { requests in
            let stored = try await StoredCounts.read(
                try requests.stack.database(kind.database), without: Self.passing)
            let operations = requests.document.operations.filter {
                $0.method == "POST" && $0.headers.contains("Idempotency-Key")
            }
            #expect(operations.count > 10)
            // One after the other: what is counted is everything.
            for operation in operations {
                do { try await check(operation, requests, stored) } catch {
                    requests.problems.add("\(operation.name): \(error)")
                }
            }
        }
    }

    private func check(
        _ operation: APIDocument.Operation, _ requests: ValidRequests, _ stored: StoredCounts
    ) async throws {
        let request = try await requests.request(operation)
        let key = ["idempotency-key": Identifier.v4().description]
        let first = try await requests.send(operation, request, headers: key)
        requests.problems.check(first, operation.name) {
            (200..<300).contains($0.status) && $0.headers["idempotency-replayed"] == nil
        }
        guard (200..<300).contains(first.status) else { return }
        let counts = try await stored.counts()
        for _ in 0..<2 {
            let again = try await requests.send(operation, request, headers: key)
            requests.problems.check(again, "\(operation.name) again") {
                $0.status == first.status && $0.bytes == first.bytes && $0.headers["idempotency-replayed"] == "true"
                    && $0.headers["location"] == first.headers["location"]
                    && $0.headers["etag"] == first.headers["etag"]
            }
        }
        if let other = other(request, operation, requests) {
            let reused = try await requests.send(operation, other, headers: key)
            requests.problems.check(reused, "\(operation.name) with another body") {
                $0.status == 422 && $0.errorCode == "IDEMPOTENCY_KEY_REUSED"
            }
        }
        let after = try await stored.counts()
        if after != counts { requests.problems.add("\(operation.name) again: \(counts) became \(after)") }
    }

    /// The same request with another valid text or number somewhere; without a body, about another row.
    private func other(
        _ request: ValidRequests.Request, _ operation: APIDocument.Operation, _ requests: ValidRequests
    ) -> ValidRequests.Request? {
        guard let schema = operation.body, let body = request.body else {
            // A key of a lead says itself which lead it is for.
            guard operation.security == "HTTPBearer" else { return nil }
            return ValidRequests.Request(path: operation.path(with: WalkTests.unknown), token: request.token)
        }
        let root = requests.document.resolve(schema)
        var other = request
        if requests.document.type(root) == "array" {
            other.body = body.replacing(["0", "value"], with: "other")
        } else {
            for (name, value) in requests.change(schema).objectValue ?? [:] {
                other.body = body.replacing([name], with: value)
            }
        }
        return other.body == request.body ? nil : other
    }
}

/// How many rows there are, and how often they were changed.
private struct StoredCounts: Sendable {
    let database: TestDatabase
    let select: String

    static func read(_ database: TestDatabase, without passing: [String]) async throws -> StoredCounts {
        let tables = try await database.texts(
            """
            SELECT relname::text FROM pg_class
            WHERE relnamespace = 'main'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
            """
        ).filter { !passing.contains($0) }
        let counts = tables.map { table in
            """
            SELECT '\(table) ' || count(*) || ' ' || coalesce(sum((to_jsonb(t)->>'row_version')::bigint), 0)
            FROM main.\(table) AS t
            """
        }
        return StoredCounts(database: database, select: counts.joined(separator: "\nUNION ALL\n") + "\nORDER BY 1")
    }

    func counts() async throws -> [String] { try await database.texts(select) }
}
