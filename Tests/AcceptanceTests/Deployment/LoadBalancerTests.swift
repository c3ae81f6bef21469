import Foundation
import TestSupport
import Testing

/// deploy/nginx. `make scale-test` runs it under load.
@Suite(.timeLimit(.minutes(20))) struct LoadBalancerTests {
    @Test func `nginx accepts the shipped configuration, which repeats what its services can repeat`() async throws {
        let script = ComposeFile.root.appendingPathComponent("scripts/nodes/scale_test.py").path
        let outcome = try await TestCommand.outcome(of: ["python3", "-B", script, "--configuration"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test func `the shipped limits are those of the services`() throws {
        let server = try ComposeFile.text("deploy/nginx/arc/server.conf")
        let upstream = try ComposeFile.text("deploy/nginx/arc/upstream.conf")
        let settings = try ComposeFile.text("docs/configuration.md")
        #expect(server.contains("client_max_body_size 1m;") && settings.contains("| `HTTP_MAX_BODY_BYTES` | 1048576 |"))
        // Eight buffers of 16 KiB hold more than the largest head.
        #expect(server.contains("large_client_header_buffers 8 16k;"))
        #expect(settings.contains("| `HTTP_MAX_HEAD_BYTES` | 81920 |"))
        #expect(upstream.contains("keepalive_timeout 4s;") && settings.contains("| `HTTP_IDLE_TIMEOUT_SECONDS` | 60 |"))
    }
}
