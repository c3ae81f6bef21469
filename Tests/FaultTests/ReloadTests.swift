import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// SIGHUP to a service in its own process: it reads its settings again and drops no request.
@Suite(.timeLimit(.minutes(20))) struct ReloadTests {
    private static func roles(_ permissions: JSONValue...) -> JSONValue {
        ["roles": [["name": "Auditor", "audience": "operator", "permissions": .array(permissions)]]]
    }

    @Test func `a signal while a service starts does not end it`() async throws {
        let folder = TestCommand.temporaryFile("reload")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let secret = folder.appendingPathComponent("secret").path
        try await TestCommand.run(["mkfifo", secret])
        let log = folder.appendingPathComponent("log")
        let process = TestProcess(
            [try ArcCommand.executable(), "serve", "orchestrator"],
            environment: ["JWT_SECRET_FILE": secret, "PORT": "none", "SWIFT_BACKTRACE": "enable=no"], output: log)
        try process.start()
        defer { process.kill() }
        // The service waits for its secret. There is somebody to write to only once it reads.
        var pipe: Int32 = -1
        try await eventually("the service reads the secret") {
            pipe = open(secret, O_WRONLY | O_NONBLOCK)
            return pipe >= 0
        }
        process.send(SIGHUP)
        let status = "/proc/\(process.processIdentifier)/status"
        try await eventually("the signal has arrived") {
            let pending = try String(contentsOfFile: status, encoding: .utf8).matches(of: /(?:Sig|Shd)Pnd:\s*0*(\d)/)
            return !process.isRunning || pending.allSatisfy { $0.1 == "0" }
        }
        // It goes on, and finds the mistake; every further reading of the secret ends at once.
        try await eventually("the service has ended") {
            close(pipe)
            pipe = open(secret, O_WRONLY | O_NONBLOCK)
            return !process.isRunning
        }
        close(pipe)
        #expect(process.end == .code(1))
        let text = try String(contentsOf: log, encoding: .utf8)
        #expect(
            text.contains("PORT is \\\"none\\\", but must be an integer") || text.contains("PORT is \"none\""),
            "\(text)")
    }

    @Test func `roles and limits change while requests go on, and mistakes change nothing`() async throws {
        try await ProcessStack.run { stack in
            let files = [
                "ROLES_FILE": try stack.write(Self.roles("10207"), "roles.json"),
                "RATE_LIMITS_FILE": try stack.write([:], "limits.json"),
            ]
            let process = try await stack.start(.tenantManagement, files)
            let (client, admin) = (process.client, stack.admin)
            let token = try await TestTokens(clock: SystemClock()).roleToken("Auditor")
            try await client.get("/tenants", token: token).expect(200)
            try await client.get("/contacts", token: token).expect(403)

            let traffic = Task { () -> Set<Int> in
                var statuses: Set<Int> = []
                while !Task.isCancelled {
                    let status = try? await client.get("/tenants/count", token: admin).status
                    if status != nil || !Task.isCancelled { statuses.insert(status ?? 0) }
                }
                return statuses
            }
            _ = try stack.write(Self.roles("10211"), "roles.json")
            process.hangUp()
            try await eventually("the new role counts") {
                try await client.get("/contacts", token: token).status == 200
            }
            try await client.get("/tenants", token: token).expect(403)

            // One mistake, and the other file does not count either.
            _ = try stack.write(Self.roles("10211", "99999"), "roles.json")
            _ = try stack.write(["caller": ["read": 1, "search": 1]], "limits.json")
            process.hangUp()
            try await eventually("the mistake is logged") { process.logged.contains("is no permission code") }
            for _ in 0..<3 { try await client.get("/contacts", token: token).expect(200) }

            _ = try stack.write(Self.roles("10211"), "roles.json")
            process.hangUp()
            try await eventually("the limit counts") {
                try await client.get("/contacts", token: token).status == 429
            }
            traffic.cancel()
            #expect(await traffic.value.subtracting([200, 429]).isEmpty)
            #expect(process.isRunning)
        }
    }
}
