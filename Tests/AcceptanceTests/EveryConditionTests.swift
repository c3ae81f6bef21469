import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// Entity tags and preferences on everything that has them by its document (docs/api.md, Changes).
@Suite struct EveryConditionTests {
    /// Answers with one object that is made of several rows.
    private static let composed: Set<String> = ["/plans/{id}/features"]
    /// Has a state that depends on other tenants, and no version.
    private static let unversioned = "/tenants/{id}/domains/{domain}"

    /// Rows with an id of their own beside that of their collection: see the tests of the life of subscriptions, and of plan versions.
    private static func isPart(_ path: String) -> Bool {
        path.hasSuffix("/changes/{changeId}") || path.hasSuffix("/versions/{versionId}")
    }

    @Test(arguments: WalkTests.kinds) func `documents declare the conditional headers`(_ kind: TestStack.ServiceKind)
        async throws
    {
        try await TestStack.run([kind]) { stack in
            let document = try await APIDocument.read(stack.client(kind))
            for operation in document.operations where operation.hasID && operation.security == "HTTPBearer" {
                guard operation.path != Self.unversioned else { continue }
                let isItem = operation.path.hasSuffix("}")
                if operation.method == "GET", let schema = operation.success.map(document.resolve),
                    document.type(schema) == "object", !Self.composed.contains(operation.path)
                {
                    #expect(operation.responses["200"]?["headers"]?["ETag"] != nil, "\(operation.name)")
                    #expect(operation.headers.contains("If-None-Match"), "\(operation.name)")
                    #expect(operation.statuses.contains(304), "\(operation.name)")
                }
                // What is always refused has no versions: 405.
                if isItem, ["PATCH", "PUT", "DELETE"].contains(operation.method), !operation.statuses.contains(405) {
                    #expect(operation.headers.contains("If-Match"), "\(operation.name)")
                    #expect(operation.statuses.contains(412), "\(operation.name)")
                }
            }
        }
    }

    @Test(arguments: WalkTests.kinds) func `reads respond with 304`(_ kind: TestStack.ServiceKind) async throws {
        try await ValidRequests.run(kind) { requests in
            let reads = requests.document.operations.filter {
                // Rows of the audit log are made by changes, see AuditLogTests.
                $0.method == "GET" && $0.hasID && $0.headers.contains("If-None-Match") && $0.collection != "/audit-logs"
            }
            #expect(!reads.isEmpty)
            await requests.forEach(reads) { operation in
                let path = try await requests.request(operation).path
                let token = requests.stack.admin
                let read = try await requests.client.get(path, token: token)
                requests.problems.check(read, operation.name) { $0.status == 200 && $0.headers["etag"] != nil }
                for (condition, status) in [(read.headers["etag"] ?? "", 304), ("*", 304), ("\"0\"", 200)] {
                    let answer = try await requests.client.send(
                        "GET", path, token: token, headers: ["if-none-match": condition])
                    requests.problems.check(answer, "\(operation.name) unless \(condition)") {
                        $0.status == status && $0.headers["etag"] == read.headers["etag"]
                            && (status == 200 || $0.bytes.isEmpty)
                    }
                }
            }
        }
    }

    /// Whoever has seen another version changes nothing.
    @Test(arguments: WalkTests.kinds) func `changes with an outdated entity tag have no effect`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        try await ValidRequests.run(kind) { requests in
            let stored = try await StoredRows.read(try requests.stack.database(kind.database))
            let changes = requests.document.operations.filter {
                ["PATCH", "PUT", "DELETE"].contains($0.method) && $0.headers.contains("If-Match")
                    && !Self.isPart($0.path)
            }
            #expect(!changes.isEmpty)
            await requests.forEach(changes) { operation in
                let created = try await requests.create(operation.collection)
                let id = try created.string("id")
                let body = operation.body.map {
                    operation.method == "PUT" ? requests.replacement($0, of: created.json) : requests.change($0)
                }
                let path = operation.path(with: id)
                let before = try await stored.mentioning(id)
                for tag in ["\"0\"", "\"999999\"", "\"abc\""] {
                    let refused = try await requests.client.send(
                        operation.method, path, body, token: requests.stack.admin, headers: ["if-match": tag])
                    requests.problems.check(refused, "\(operation.name) if \(tag)") {
                        $0.status == 412 && $0.errorCode == "VERSION_MISMATCH"
                    }
                }
                if before.isEmpty { requests.problems.add("\(operation.name): \(id) is not stored") }
                if try await stored.mentioning(id) != before { requests.problems.add("\(operation.name): changed") }
                let current = try await requests.client.send(
                    operation.method, path, body, token: requests.stack.admin,
                    headers: ["if-match": created.headers["etag"] ?? "*"])
                requests.problems.check(current, "\(operation.name) with the current tag") { $0.status == 204 }
            }
        }
    }

    @Test(arguments: WalkTests.kinds) func `the representation that a change returns is what is read next`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        try await ValidRequests.run(kind) { requests in
            // What cannot be read at this path is compared by the tests of billing customers.
            let readable = Set(requests.document.operations.filter { $0.method == "GET" }.map(\.path))
            let changes = requests.document.operations.filter {
                ["PATCH", "PUT"].contains($0.method) && $0.headers.contains("Prefer") && readable.contains($0.path)
                    && !Self.isPart($0.path)
            }
            #expect(!changes.isEmpty)
            await requests.forEach(changes) { operation in
                guard let schema = operation.body else { return }
                let path = operation.path(with: try await requests.create(operation.collection).string("id"))
                let row = try await requests.client.get(path, token: requests.stack.admin).expect(200).json
                let body =
                    operation.method == "PUT"
                    ? requests.replacement(schema, of: row) : requests.change(schema)
                let changed = try await requests.client.send(
                    operation.method, path, body, token: requests.stack.admin,
                    headers: ["prefer": "return=representation"])
                let read = try await requests.client.get(path, token: requests.stack.admin)
                // A PUT answers no tag (RFC 9110 section 9.3.4).
                let tag = operation.method == "PUT" ? nil : read.headers["etag"]
                requests.problems.check(changed, operation.name) {
                    $0.status == 200 && $0.json == read.json && $0.headers["etag"] == tag
                        && read.headers["etag"] != nil && $0.headers["preference-applied"] == "return=representation"
                }
            }
        }
    }
}
