import StackTestSupport
import TestSupport
import Testing

/// `arc health`, as a container runs it.
@Suite(.timeLimit(.minutes(20))) struct HealthCommandTests {
    private func health(_ arguments: [String], _ environment: [String: String]) async throws -> TestCommand.Outcome {
        try await ArcCommand.run(["health"] + arguments, environment: environment)
    }

    @Test func `a service that responds is healthy, wherever its own settings say that it listens`() async throws {
        try await ScriptedServer.run { request, _ in
            .init(request.uri == "/ping" ? 200 : 503)
        } _: { server, url in
            let port = String(url.split(separator: ":")[2])
            for host in ["", "127.0.0.1", "localhost", "0.0.0.0"] {
                let outcome = try await health(["subscription"], ["HOST": host, "PORT": port])
                #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(host)")
            }
            let unready = try await health(["subscription", "--ready"], ["PORT": port])
            #expect(unready.status == 1)
            #expect(unready.errors == "arc health: \(url)/health/ready responded with 503\n")
            #expect(server.requests.map(\.uri) == Array(repeating: "/ping", count: 4) + ["/health/ready"])
        }
    }

    @Test func `a service that does not listen, or a setting that cannot be used, is named`() async throws {
        let port = try TestCommand.freePort()
        let silent = try await health(["orchestrator"], ["PORT": "\(port)"])
        #expect(silent.status == 1)
        #expect(silent.errors == "arc health: nothing responds at http://127.0.0.1:\(port)/ping\n")
        let wrong = try await health(["orchestrator"], ["PORT": "70000"])
        #expect(wrong.status == 1 && wrong.errors.contains("PORT"))
        #expect(try await health([], [:]).status != 0)
    }
}
