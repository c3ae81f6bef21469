import JSONCoding
import Primitives
import StackTestSupport
import Testing

/// Every operation of both services, generated from their OpenAPI documents: whatever is sent, the answer says what is
/// wrong with it, never blames the service, and is what the document says it can be.
@Suite struct WalkTests {
    /// The services that have their own API.
    static let kinds: [TestStack.ServiceKind] = [.tenantManagement, .subscription]
    /// Nothing has this id.
    static let unknown = "01234567-89ab-4def-8123-456789abcdef"

    /// What each check gets.
    struct Walk: Sendable {
        let stack: TestStack
        let client: DocumentedClient
        let document: APIDocument
        let problems: Problems

        /// A path of the operation that names nothing: harmless for every method.
        func path(_ operation: APIDocument.Operation) -> String {
            let nothing: JSONValue = ["id": .string(WalkTests.unknown)]
            // Required parameters are checked before the token.
            let path = operation.address(with: WalkTests.unknown)
            return operation.query.contains("where") ? "\(path)?\(nothing.parameter("where"))" : path
        }

        func send(_ operation: APIDocument.Operation, _ body: JSONValue?, token: String? = nil) async throws
            -> TestResponse
        {
            try await client.send(operation.method, path(operation), body, token: token ?? stack.admin)
        }
    }

    /// Walks through all operations of a service, eight at a time.
    func walk(
        _ kind: TestStack.ServiceKind, _ check: @escaping @Sendable (Walk, APIDocument.Operation) async throws -> Void
    ) async throws {
        try await TestStack.run([kind]) { stack in
            let client = stack.client(kind)
            let problems = Problems()
            let document = try await APIDocument.read(client)
            let walk = Walk(
                stack: stack, client: DocumentedClient(client: client, document: document, problems: problems),
                document: document, problems: problems)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, operation) in walk.document.operations.enumerated() {
                    if index >= 8 { try await group.next() }
                    group.addTask { try await check(walk, operation) }
                }
                try await group.waitForAll()
            }
            #expect(walk.problems.isEmpty, "\(walk.problems.text)")
            #expect(try await client.get("/health/ready").status == 200)
        }
    }

    @Test(arguments: kinds) func `every operation requires its token and permissions`(_ kind: TestStack.ServiceKind)
        async throws
    {
        try await walk(kind) { walk, operation in
            guard operation.security != nil else { return }
            let anonymous = try await walk.client.send(operation.method, walk.path(operation))
            walk.problems.check(anonymous, "\(operation.name) without token") { $0.status == 401 }
            guard operation.security == "HTTPBearer" else { return }
            walk.problems.check(anonymous, "\(operation.name) without token") {
                $0.errorName == "UnauthorizedError" && $0.message == "Bearer realm=\"Users\""
            }
            let broken = try await walk.client.send(operation.method, walk.path(operation), token: "no.real.token")
            walk.problems.check(broken, "\(operation.name) with a broken token") { $0.status == 401 }
            guard !operation.permissions.isEmpty else { return }
            let powerless = try await walk.stack.tokens.operatorToken(["0"])
            let forbidden = try await walk.client.send(operation.method, walk.path(operation), token: powerless)
            walk.problems.check(forbidden, "\(operation.name) without permission") {
                $0.status == 403 && $0.errorName == "ForbiddenError" && $0.message == "NotAllowedAccess"
            }
            for permission in operation.permissions {
                let enough = try await walk.stack.tokens.operatorToken([permission])
                let answer = try await walk.client.send(operation.method, walk.path(operation), token: enough)
                walk.problems.check(answer, "\(operation.name) with \(permission)") {
                    ![401, 403].contains($0.status) && $0.status < 500
                }
            }
        }
    }

    @Test(arguments: kinds) func `unknown ids are not found`(_ kind: TestStack.ServiceKind) async throws {
        try await walk(kind) { walk, operation in
            guard operation.hasID, operation.security == "HTTPBearer", operation.statuses.contains(404) else { return }
            let body = operation.body.map { walk.document.sample($0) }
            let ids = [
                WalkTests.unknown, "not-a-uuid", "1", "%00", "..%2F..", "'%20OR%201=1--",
                String(repeating: "9", count: 500),
            ]
            // A plan that does not exist has no subscriptions (docs/contract/arc-api.md 6.1).
            for id in ids where operation.path != "/plans/{id}/subscriptions" || id != WalkTests.unknown {
                var sent = body
                if operation.method == "PUT" { sent?.remove("id") }
                let answer = try await walk.client.send(
                    operation.method, operation.path(with: id), sent, token: walk.stack.admin)
                walk.problems.check(answer, "\(operation.name) of \(id)") { $0.status == 404 }
            }
        }
    }

    @Test(arguments: kinds) func `bodies that are not JSON objects are refused`(_ kind: TestStack.ServiceKind)
        async throws
    {
        try await walk(kind) { walk, operation in
            guard operation.body != nil else { return }
            let empty = try await walk.send(operation, nil)
            walk.problems.check(empty, "\(operation.name) with an empty body") { (400..<500).contains($0.status) }
            for text in ["[]", "1", "\"x\"", "true", "null"] {
                let answer = try await walk.client.send(
                    operation.method, walk.path(operation), bytes: Array(text.utf8), token: walk.stack.admin)
                walk.problems.check(answer, "\(operation.name) with \(text)") {
                    $0.status == 422 && $0.errorCode == "VALIDATION_FAILED"
                }
            }
            let deep = String(repeating: "[", count: 5000)
            let broken = ["{", "{\"a\":}", "{\"a\":1,}", "\u{0}", deep, "{\"a\":\"\\ud800\"}x", "nul", "{'a':1}"]
            for text in broken {
                let answer = try await walk.client.send(
                    operation.method, walk.path(operation), bytes: Array(text.utf8), token: walk.stack.admin)
                walk.problems.check(answer, "\(operation.name) with \(text.prefix(20))") {
                    $0.status == 400 && $0.errorName == "SyntaxError"
                }
            }
            let notUTF8: [UInt8] = Array("{\"name\":\"".utf8) + [0xFF, 0xFE, 0xC0] + Array("\"}".utf8)
            walk.problems.check(
                try await walk.client.send(
                    operation.method, walk.path(operation), bytes: notUTF8, token: walk.stack.admin),
                "\(operation.name) not in UTF-8"
            ) { (400..<500).contains($0.status) }
            for type in ["text/plain", "application/xml", "multipart/form-data", ""] {
                let answer = try await walk.client.send(
                    operation.method, walk.path(operation), bytes: Array("{}".utf8), token: walk.stack.admin,
                    headers: ["content-type": type])
                walk.problems.check(answer, "\(operation.name) as \(type)") {
                    $0.status == 415 && $0.errorCode == "UNSUPPORTED_MEDIA_TYPE"
                }
            }
            let large = Array("{\"a\":\"\(String(repeating: "x", count: 1 << 20))\"}".utf8)
            let answer = try await walk.client.send(
                operation.method, walk.path(operation), bytes: large, token: walk.stack.admin)
            walk.problems.check(answer, "\(operation.name) with a large body") {
                $0.status == 413 && $0.errorName == "PayloadTooLargeError"
            }
        }
    }

    @Test(arguments: kinds) func `unknown properties are refused`(_ kind: TestStack.ServiceKind) async throws {
        try await walk(kind) { walk, operation in
            guard let schema = operation.body else { return }
            let root = APIDocument.Place(pointer: [], schema: walk.document.resolve(schema), type: nil)
            for place in [root] + walk.document.places(schema) where place.schema["additionalProperties"] == false {
                let unknown = walk.document.sample(schema).replacing(place.pointer + ["unexpected"], with: 1)
                let answer = try await walk.send(operation, unknown)
                walk.problems.check(answer, "\(operation.name) \(place.path) with an unknown property") {
                    $0.status == 422
                        && $0.details.contains {
                            $0["info"]?["additionalProperty"] == "unexpected"
                                && $0["path"]?.stringValue == place.path
                        }
                }
            }
        }
    }

    @Test(arguments: kinds) func `properties of the wrong type are refused`(_ kind: TestStack.ServiceKind) async throws
    {
        try await walk(kind) { walk, operation in
            guard let schema = operation.body else { return }
            let valid = walk.document.sample(schema)
            for place in walk.document.places(schema) {
                guard let type = place.type else { continue }
                let wrong: JSONValue = type == "string" ? 4711 : "text"
                let answer = try await walk.send(operation, valid.replacing(place.pointer, with: wrong))
                walk.problems.check(answer, "\(operation.name) \(place.path): \(wrong)") {
                    $0.status == 422 && $0.violations.contains("\(place.path): type")
                }
                let problem = try await walk.client.send(
                    operation.method, walk.path(operation),
                    bytes: valid.replacing(place.pointer, with: wrong).serialized(),
                    token: walk.stack.admin, headers: ["accept": "application/problem+json"])
                walk.problems.check(problem, "\(operation.name) \(place.path) as problem") {
                    $0.headers["content-type"] == "application/problem+json" && $0.json["status"] == 422
                        && $0.json["type"]?.stringValue == "urn:arc:problem:validation-failed"
                        && $0.json["errors"]?.arrayValue?.contains { $0["pointer"]?.stringValue == "#\(place.path)" }
                            == true
                }
                guard place.schema["type"]?.stringValue != nil else { continue }
                let null = try await walk.send(operation, valid.replacing(place.pointer, with: .null))
                walk.problems.check(null, "\(operation.name) \(place.path): null") { $0.status == 422 }
            }
        }
    }

    @Test(arguments: kinds) func `missing properties are named`(_ kind: TestStack.ServiceKind) async throws {
        try await walk(kind) { walk, operation in
            guard let schema = operation.body.map({ walk.document.resolve($0) }) else { return }
            let valid = walk.document.sample(schema)
            for name in (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue) {
                var body = valid
                body.remove(name)
                walk.problems.check(try await walk.send(operation, body), "\(operation.name) without \(name)") {
                    $0.status == 422 && $0.details.contains { $0["info"]?["missingProperty"]?.stringValue == name }
                }
            }
        }
    }

    @Test(arguments: kinds) func `hostile values never cause a server error`(_ kind: TestStack.ServiceKind) async throws
    {
        let literals = [
            "1e400", "-1e308", "1e-400", "99999999999999999999999999999999", "-9223372036854775809", "1.5", "1e999999",
        ]
        try await walk(kind) { walk, operation in
            guard let schema = operation.body else { return }
            let valid = walk.document.sample(schema)
            for place in walk.document.places(schema) {
                func send(_ value: JSONValue, _ what: String, _ isRight: (TestResponse) -> Bool = { $0.status < 500 })
                    async throws
                {
                    let answer = try await walk.send(operation, valid.replacing(place.pointer, with: value))
                    walk.problems.check(answer, "\(operation.name) \(place.path) \(what)", isRight)
                }
                switch place.type {
                case "string":
                    if let limit = place.schema["maxLength"]?.intValue {
                        let long = String(repeating: "a", count: limit + 1)
                        try await send(.string(long), "too long") {
                            $0.status == 422 && $0.violations.contains("\(place.path): maxLength")
                        }
                    } else {
                        try await send(.string(String(repeating: "a", count: 100_000)), "of 100000 characters")
                    }
                    try await send("a\u{0}b", "with NUL") { (400..<500).contains($0.status) }
                    try await send("🧨\u{202E}'\";--\\", "with odd characters")
                    try await send("", "empty")
                case "integer", "number":
                    for literal in literals {
                        guard let number = JSONNumber(literal: literal) else { continue }
                        try await send(.number(number), literal)
                    }
                case "array": try await send(.array(Array(repeating: "a.example.com", count: 2000)), "of 2000 elements")
                case "object" where place.schema["properties"] == nil:
                    try await send(["a": "x\u{0}y"], "with NUL") { (400..<500).contains($0.status) }
                    try await send(["a\u{0}b": 1], "with NUL in a name") { (400..<500).contains($0.status) }
                    for literal in literals {
                        guard let number = JSONNumber(literal: literal) else { continue }
                        try await send(["a": .number(number)], literal)
                    }
                default: break
                }
            }
        }
    }
}
