import JSONCoding
import StackTestSupport
import Testing

/// Attacks that look for what should not be there: paths, methods and details of the service (OWASP API8 and API9, 2023).
@Suite(.timeLimit(.minutes(20))) struct ExposureTests {
    private static let guesses = [
        "/.env", "/.git/config", "/admin", "/debug", "/debug/pprof", "/actuator", "/actuator/env", "/console",
        "/config",
        "/server-status", "/phpinfo.php", "/wp-login.php", "/graphql", "/swagger-stats/ui", "/v1/tenants", "/v2/plans",
        "/api/tenants", "/internal/tenants", "/test", "/backup.sql", "/tenants.json", "/tenants/%2e%2e/leads",
        "/..%2f..%2fetc/passwd", "/%00", "/audit", "/users", "/tokens", "/keys", "/secrets", "/migrations",
    ]

    @Test(arguments: WalkTests.kinds) func `nothing answers but what the document lists`(_ kind: TestStack.ServiceKind)
        async throws
    {
        try await TestStack.run([kind]) { stack in
            let client = stack.client(kind)
            let document = try await APIDocument.read(client)
            let documented = Set(document.operations.map(\.path))
            for path in Self.guesses where !documented.contains(path) {
                for method in ["GET", "POST"] {
                    let answer = try await client.send(method, path, token: stack.admin)
                    #expect([400, 404, 405].contains(answer.status), "\(method) \(path): \(answer.status)")
                    #expect(answer.bytes.count < 1000, "\(method) \(path)")
                }
            }
            for method in ["TRACE", "CONNECT", "PROPFIND", "DEBUG", "TRACK"] {
                let answer = try await client.send(method, "/tenants", token: stack.admin)
                #expect((400..<500).contains(answer.status) || answer.status == 501, "\(method): \(answer.status)")
                #expect(!answer.text.contains(stack.admin), "\(method) returns the token")
            }
        }
    }

    @Test(arguments: WalkTests.kinds) func `no response tells what a service is made of`(_ kind: TestStack.ServiceKind)
        async throws
    {
        try await TestStack.run([kind]) { stack in
            let client = stack.client(kind)
            let document = try await APIDocument.read(client)
            for operation in document.operations {
                let answer = try await client.send(
                    operation.method, operation.path(with: "'\"<script>%00"), bytes: Array("{\"a\":".utf8),
                    token: stack.admin)
                #expect(answer.headers["server"] == nil && answer.headers["x-powered-by"] == nil)
                #expect(answer.headers["x-content-type-options"] == "nosniff", "\(operation.name)")
                #expect(answer.status < 500, "\(operation.name): \(answer.text)")
                // What is not JSON is figures and pages of our own.
                if answer.headers["content-type"]?.hasPrefix("application/json") == true {
                    for word in ["Hummingbird", "PostgreSQL", ".swift", "Error Domain", "fatal", "/Sources/", "/home/"]
                    {
                        #expect(!answer.text.contains(word), "\(operation.name): \(answer.text.prefix(300))")
                    }
                } else {
                    #expect(!answer.text.contains("'\"<script>"), "\(operation.name): a page shows what was sent")
                }
            }
        }
    }
}
