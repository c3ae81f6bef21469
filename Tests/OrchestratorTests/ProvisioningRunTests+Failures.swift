import JSONCoding
import PostgresTestSupport
import Primitives
import Synchronization
import Testing
import WorkQueue

@testable import Orchestrator

/// Runs that fail: what is repeated, for how long, and what is reported in the end.
extension ProvisioningRunTests {
    @Test func `a provisioner that keeps failing leads to a failure callback`() async throws {
        try await RunStory.with { story in
            let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in throw .transient("no space") }
            let processor = try story.processor(
                provisioner,
                policy: RunPolicy(
                    maximumAttempts: 3, provisioning: BackOff(initial: .seconds(10), maximum: .seconds(60))))
            for attempt in 1...2 {
                #expect(try await story.work(processor) == 1)
                let run = try await story.run()
                #expect(run.state == "pending")
                #expect(run.attempts == attempt)
                #expect(run.lastError == "no space")
                #expect(try await story.work(processor) == 0)
                try await story.letTimePass(.seconds(60))
            }
            #expect(story.receiver.requests.isEmpty)
            #expect(try await story.work(processor) == 1)
            let run = try await story.run()
            #expect(run.state == "failed")
            #expect(run.attempts == 3)
            #expect(run.callbackState == "delivered")
            #expect(provisioner.count == 3)
            let request = try #require(story.receiver.requests.first)
            #expect(try request.isSigned(for: story.test))
            #expect(try request.json["data"]?["status"] == 0)
            #expect(try request.json["data"]?["resources"] == [])
        }
    }

    @Test func `an outage of a provisioner's dependency is not an attempt, however often it is tried`() async throws {
        try await RunStory.with { story in
            let isAway = Mutex(true)
            let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                if isAway.withLock({ $0 }) { throw .unavailable("the database is away") }
                return .provisioned([ScriptedProvisioner.resource], appPlaneURL: nil)
            }
            let processor = try story.processor(provisioner, policy: RunPolicy(maximumAttempts: 2))
            for _ in 1...20 {
                #expect(try await story.work(processor) == 1)
                let run = try await story.run()
                #expect(run.state == "pending" && run.attempts == 0)
                #expect(try #require(run.delay) <= .seconds(5), "it continues soon after the outage")
                try await story.letTimePass(.seconds(60))
            }
            isAway.withLock { $0 = false }
            #expect(try await story.work(processor) == 1)
            #expect(try await story.run().callbackState == "delivered")
            #expect(try story.reportedStatuses() == [1])
        }
    }

    @Test func `an outage beyond its limit fails the run`() async throws {
        try await RunStory.with { story in
            let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                throw .unavailable("the database is away")
            }
            let processor = try story.processor(provisioner)
            try await story.work(processor)
            try await story.letTimePass(.seconds(3000))
            try await story.work(processor)
            #expect(try await story.run().state == "pending")
            try await story.letTimePass(.seconds(700))
            try await story.work(processor)
            #expect(try await story.run().state == "failed")
            #expect(try story.reportedStatuses() == [0])
        }
    }

    @Test func `a permanent failure is attempted once`() async throws {
        try await RunStory.with { story in
            let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in throw .permanent("never") }
            try await story.work(try story.processor(provisioner))
            #expect(provisioner.count == 1)
            #expect(try await story.run().state == "failed")
            #expect(try story.reportedStatuses() == [0])
        }
    }

    @Test(arguments: ["GOLD", nil])
    func `an unknown tier leads to a failure callback`(tier: String?) async throws {
        try await RunStory.with(tier: tier) { story in
            let provisioner = ScriptedProvisioner()
            let processor = try story.processor(provisioner)
            #expect(try await story.work(processor) == 1)
            #expect(try await story.work(processor) == 0)
            let run = try await story.run()
            #expect(run.state == "failed")
            #expect(run.lastError?.contains("tier") == true)
            #expect(run.callbackState == "delivered")
            #expect(provisioner.count == 0)
            #expect(try story.reportedStatuses() == [0])
        }
    }

    @Test func `a run that cannot be decrypted is visible`() async throws {
        try await RunStory.with { story in
            try await story.world.admin.execute("UPDATE main.provisioning_runs SET sealed_event = '\\x00'")
            let provisioner = ScriptedProvisioner()
            let processor = try story.processor(provisioner)
            try await story.work(processor)
            try await story.letTimePass(.seconds(3600))
            #expect(try await story.work(processor) == 0)
            #expect(provisioner.count == 0)
            #expect(story.receiver.requests.isEmpty)
            let run = try await story.run()
            #expect(run.state == "failed")
            #expect(run.callbackState == "refused")
            #expect(run.lastError?.contains("DATA_ENCRYPTION_KEY") == true)
            #expect(!run.holdsEvent)
        }
    }
}
