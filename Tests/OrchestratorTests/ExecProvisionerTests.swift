import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

@Suite struct ExecProvisionerTests {
    private func provisioner(_ script: String, limit: Duration = .seconds(60)) -> ExecProvisioner {
        ExecProvisioner(
            arguments: ["/bin/sh", "-c", script], environment: ["REGION": "eu-1"], workingDirectory: nil,
            timeLimit: limit, logger: testLogger)
    }

    @Test func `the event is on standard input and in the environment`() async throws {
        let script = #"""
            printf '{"resources":[{"type":"echo","metadata":{"event":'; cat
            printf ',"id":"%s","key":"%s","tier":"%s","type":"%s","context":"%s","region":"%s","test":"%s"}}],"appPlaneUrl":"https://x.example.com"}' \
                "$ARC_TENANT_ID" "$ARC_TENANT_KEY" "$ARC_TIER" "$ARC_EVENT_TYPE" "$ARC_CONTEXT" "$REGION" "$ARC_TEST_POSTGRES_PORT"
            """#
        // In the environment of these tests, and not to be passed on.
        _ = try testVariable("ARC_TEST_POSTGRES_PORT")
        let test = TestEvent(key: "acme")
        let outcome = try await provisioner(script).provision(try test.event())
        guard case .provisioned(let resources, let url) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let metadata = try #require(resources.first?.metadata)
        #expect(url == "https://x.example.com")
        #expect(metadata["id"] == .identifier(test.tenant))
        #expect(metadata["key"] == "acme")
        #expect(metadata["tier"] == "BASIC")
        #expect(metadata["type"] == "TENANT_PROVISIONING")
        #expect(metadata["context"] == .string(test.context))
        #expect(metadata["region"] == "eu-1")
        #expect(metadata["test"] == "")
        #expect(metadata["event"]?["secret"] == .string(test.secret))
        #expect(metadata["event"]?["tenant"] == (try test.json["tenant"]))
    }

    @Test(arguments: [
        ("exit 7", Duration.seconds(60), false, "exit code 7"), ("kill -9 $$", .seconds(60), false, "signal 9"),
        ("sleep 1000", .seconds(1), false, "ended after 1 s"), ("echo '{'", .seconds(60), true, "not valid JSON"),
    ])
    func `failures of programs have a reason and a kind`(
        script: String, limit: Duration, isPermanent: Bool, fragment: String
    ) async throws {
        let event = try TestEvent(key: "acme").event()
        let failure = try await #require(throws: ProvisioningFailure.self) {
            _ = try await provisioner(script, limit: limit).provision(event)
        }
        #expect((failure.kind == .permanent) == isPermanent)
        #expect(failure.reason.contains(fragment), "\(failure)")
    }
}
