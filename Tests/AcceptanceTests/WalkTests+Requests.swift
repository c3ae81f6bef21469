import JSONCoding
import StackTestSupport
import Testing

/// What is asked for rather than said: methods, paths and filters.
extension WalkTests {
    @Test(arguments: kinds) func `wrong methods and paths get 405 and 404`(_ kind: TestStack.ServiceKind) async throws {
        try await TestStack.run([kind]) { stack in
            let client = stack.client(kind)
            let document = try await APIDocument.read(client)
            let problems = Problems()
            for path in Set(document.operations.map { $0.path(with: Self.unknown) }) {
                let known = Set(document.operations.filter { $0.path(with: Self.unknown) == path }.map(\.method))
                for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]
                where !known.contains(method) {
                    let answer = try await client.send(method, path, token: stack.admin)
                    problems.check(answer, "\(method) \(path)") {
                        let allowed = ($0.headers["allow"] ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
                        return $0.status == 405 && known.isSubset(of: Set(allowed)) && !allowed.contains(method)
                    }
                }
            }
            for path in ["/nothing", "/tenants/x/y/z", "/%2e%2e/etc/passwd", "/leads/\(Self.unknown)/nothing"] {
                for method in ["GET", "POST", "DELETE"] {
                    problems.check(try await client.send(method, path, token: stack.admin), "\(method) \(path)") {
                        $0.status == 404 || $0.status == 405
                    }
                }
            }
            let unknown = try await client.get("/nothing")
            #expect(
                unknown.status == 404 && unknown.message == "API not found !" && unknown.errorName == "NotFoundError")
            #expect(problems.isEmpty, "\(problems.text)")
        }
    }

    @Test(arguments: kinds) func `operations that take no body refuse members, which would have no effect`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        try await walk(kind) { walk, operation in
            // The original ignores the body of this one.
            guard operation.method == "POST", operation.body == nil, operation.path != "/leads/{id}/verify" else {
                return
            }
            let members = try await walk.send(operation, ["dryRun": true])
            walk.problems.check(members, "\(operation.name) with members") {
                $0.status == 422 && $0.json["error"]?["details"]?[0]?["code"]?.stringValue == "additionalProperties"
            }
            for body in [[:], nil] as [JSONValue?] {
                let answer = try await walk.send(operation, body)
                walk.problems.check(answer, "\(operation.name) without members") {
                    $0.errorCode != "VALIDATION_FAILED" && $0.status < 500
                }
            }
        }
    }

    @Test(arguments: kinds) func `invalid filters are refused and unusual ones answered`(_ kind: TestStack.ServiceKind)
        async throws
    {
        let bad: [JSONValue] = [
            ["where": ["nope": 1]], ["where": ["id": ["between": [1]]]], ["limit": -1], ["limit": "many"], ["skip": -1],
            ["order": "nope ASC"], ["order": "id SIDEWAYS"], ["include": ["nope"]], ["include": [["relation": "nope"]]],
            ["fields": ["nope": true]], ["unknown": 1], ["where": ["$where": "1"]], ["where": []], ["where": "x"],
            ["where": ["id": ["like": 7]]], ["where": ["and": 1]],
        ]
        let odd: [JSONValue] = [
            ["where": ["id": "not-a-uuid"]], ["where": ["createdOn": "yesterday"]], ["where": ["id": ["inq": []]]],
            ["where": ["id": ["regexp": "("]]], ["where": ["id": ["regexp": "/a/x"]]],
            ["where": ["id": ["like": "\\"]]],
            ["where": ["modifiedOn": ["gt": "\u{0}"]]], ["where": ["createdBy": "\u{0}"]],
            ["limit": 9_007_199_254_740_993],
            ["where": ["and": [["or": [["not": 1]]]]]], ["where": ["deleted": 7]], ["skip": 9_223_372_036_854_775_807],
            ["where": ["id": .null]], ["where": ["createdOn": ["between": ["2026-01-01", "2025-01-01"]]]], [:],
        ]
        let raw = [
            "filter=%7B", "filter=%00", "filter=%FF", "filter=1", "filter=[]", "filter[where][id]=x",
            "filter[limit]=abc", "filter[",
            "filter[where][id][inq][]=x", "where=%7B", "where[nope]=1", "filter=%7B%22limit%22:1e400%7D", "filter=",
            "filter[include][][relation]=nope", "filter[where][id][like][a]=b",
        ]
        try await walk(kind) { walk, operation in
            guard operation.method == "GET", operation.query.contains("filter") || operation.query.contains("where")
            else { return }
            let path = operation.path(with: WalkTests.unknown)
            func send(_ query: String) async throws -> TestResponse {
                try await walk.client.get("\(path)?\(query)", token: walk.stack.admin)
            }
            for filter in bad + odd {
                let isBad = bad.contains(filter)
                if operation.query.contains("filter") {
                    let answer = try await send(filter.parameter())
                    walk.problems.check(answer, "\(operation.name) \(filter)") {
                        isBad ? $0.status == 400 : $0.status < 500
                    }
                } else if let condition = filter["where"] {
                    let answer = try await send(condition.parameter("where"))
                    walk.problems.check(answer, "\(operation.name) \(condition)") {
                        isBad ? $0.status == 400 : $0.status < 500
                    }
                }
            }
            for query in raw { walk.problems.checkNoServerError(try await send(query), "\(operation.name) \(query)") }
        }
    }
}
