import JSONCoding
import Primitives
import StackTestSupport

/// Test clocks: each has a tenant of its own, and shows a later time after each request.
extension ValidRequests {
    func testClocks(_ operation: APIDocument.Operation) async throws -> Request? {
        let now: JSONValue = .timestamp(Timestamp(seconds: 1_800_000_000))
        switch operation.name {
        case "POST /test-clocks":
            return Request(
                path: operation.path, body: ["tenantId": .identifier(.v4()), "name": "Clock", "now": now],
                token: stack.admin)
        case "POST /test-clocks/{id}/advance":
            let clock = try await create("/test-clocks").string("id")
            return Request(path: operation.path(with: clock), body: ["now": now], token: stack.admin)
        default: return nil
        }
    }
}
