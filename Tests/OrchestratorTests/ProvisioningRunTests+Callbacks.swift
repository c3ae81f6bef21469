import HTTPTypes
import JSONCoding
import Primitives
import Synchronization
import Testing
import WorkQueue

@testable import Orchestrator

/// Callbacks that are not accepted at the first attempt.
extension ProvisioningRunTests {
    @Test func `callbacks are repeated with back-off until they are accepted`() async throws {
        let replies: [Receiver.Reply] = [.status(503), .status(500), .status(429), .status(408), .status(204)]
        try await RunStory.with(reply: { replies[min($0, replies.count) - 1] }) { story in
            let provisioner = ScriptedProvisioner()
            let processor = try story.processor(
                provisioner,
                policy: RunPolicy(
                    callback: BackOff(initial: .seconds(10), maximum: .seconds(60)), lease: RunStory.lease))
            for attempt in 1...4 {
                #expect(try await story.work(processor) == 1)
                let run = try await story.run()
                #expect(run.callbackState == "pending")
                #expect(run.callbackAttempts == attempt)
                #expect(run.callbackStatus == [503, 500, 429, 408][attempt - 1])
                #expect(run.holdsEvent && !run.isClaimed)
                // Between half and the whole of 10 s, doubled each time, at most 60 s.
                let delay = try #require(run.delay)
                let limit = min(Duration.seconds(10) * (1 << (attempt - 1)), .seconds(60))
                #expect((limit / 2...limit).contains(delay), "\(delay)")
                #expect(try await story.work(processor) == 0)
                try await story.letTimePass(delay)
            }
            #expect(try await story.work(processor) == 1)
            #expect(try await story.run().callbackState == "delivered")
            #expect(provisioner.count == 1)
            let requests = story.receiver.requests
            #expect(requests.count == 5)
            for request in requests { #expect(try request.isSigned(for: story.test)) }
            #expect(Set(try requests.map { try $0.header("x-timestamp") }).count == 5)
            #expect(Set(try requests.map { try $0.json }).count == 1)
        }
    }

    @Test func `the receiver may ask for a longer wait`() async throws {
        try await RunStory.with(reply: { _ in .status(429, headers: [.retryAfter: "40"]) }) { story in
            let policy = RunPolicy(callback: BackOff(initial: .seconds(1), maximum: .seconds(60)))
            try await story.work(try story.processor(policy: policy))
            #expect(try await story.run().delay == .seconds(40))
        }
    }

    @Test func `a refused connection and silence are tried again`() async throws {
        let isSilent = Mutex(true)
        try await RunStory.with(reply: { _ in isSilent.withLock { $0 } ? .silence : .status(204) }) { story in
            // Nobody listens on port 1.
            try await story.work(try story.processor(callbackURL: "http://127.0.0.1:1/webhook"))
            var run = try await story.run()
            #expect(run.callbackState == "pending")
            #expect(run.callbackStatus == nil)
            #expect(run.callbackError?.isEmpty == false)

            var processor = try story.processor()
            processor.callbacks.timeout = .seconds(3)
            // On a busy machine the time may be over before the receiver has heard anything.
            repeat {
                try await story.letTimePass(.seconds(300))
                try await story.work(processor)
                run = try await story.run()
                #expect(run.callbackState == "pending")
            } while story.receiver.requests.isEmpty && run.callbackAttempts < 20
            #expect(run.callbackAttempts >= 2)
            #expect(!story.receiver.requests.isEmpty)

            isSilent.withLock { $0 = false }
            processor.callbacks.timeout = .seconds(120)
            try await story.letTimePass(.seconds(300))
            try await story.work(processor)
            #expect(try await story.run().callbackState == "delivered")
        }
    }

    @Test(arguments: [409, 410])
    func `a refused callback is final and visible, and its secret is dropped`(status: Int) async throws {
        try await RunStory.with(reply: { _ in .status(status) }) { story in
            let processor = try story.processor()
            try await story.work(processor)
            try await story.letTimePass(.seconds(86_400))
            #expect(try await story.work(processor) == 0)
            let run = try await story.run()
            #expect(run.callbackState == "refused")
            #expect(run.callbackStatus == status)
            #expect(run.callbackError == "refused with \(status)")
            #expect(!run.holdsEvent)
            #expect(story.receiver.requests.count == 1)
        }
    }

    @Test(arguments: [400, 401, 403, 404])
    func `a response that may be a proxy's is retried for a day, then it is a refusal`(status: Int) async throws {
        try await RunStory.with(reply: { _ in .status(status) }) { story in
            let processor = try story.processor()
            for _ in 0..<3 {
                #expect(try await story.work(processor) == 1)
                #expect(try await story.run().callbackState == "pending")
                try await story.letTimePass(.seconds(3600))
            }
            try await story.letTimePass(.seconds(86_400))
            #expect(try await story.work(processor) == 1)
            let run = try await story.run()
            #expect(run.callbackState == "refused")
            #expect(!run.holdsEvent)
            #expect(story.receiver.requests.count == 4)
        }
    }

    @Test(arguments: [(401, "refused"), (404, "refused"), (503, "pending")])
    func `a report that is not accepted does not hold up the next request of the tenant`(
        status: Int, expected: String
    ) async throws {
        try await RunStory.with(reply: { _ in .status(status) }) { story in
            let next = story.test.next(.provision)
            #expect(try await story.world.repository().enqueue(try next.event()))
            let processor = try story.processor()
            #expect(try await story.work(processor) == 1)
            let run = try await story.run(of: story.test)
            #expect(run.callbackState == expected)
            #expect(run.isUnfinished == (expected == "pending"))
            guard expected == "refused" else { return }
            #expect(run.callbackError == "answered \(status), and there is a later request")
            #expect(try await story.work(processor) == 1)
            // No run follows this one, so its callback is tried again.
            #expect(try await story.run(of: next).callbackState == "pending")
        }
    }

    @Test func `a report that cannot be accepted fails the run and is followed by a report of the failure`()
        async throws
    {
        try await RunStory.with(reply: { $0 == 1 ? .status(422) : .status(204) }) { story in
            try await story.work(try story.processor())
            let run = try await story.run()
            #expect(run.state == "failed")
            #expect(run.callbackState == "delivered")
            #expect(run.lastError == "refused with 422")
            #expect(try story.reportedStatuses() == [1, 0])
        }
    }

    @Test func `a report of a failure never repeats the resources that were refused`() async throws {
        let replies: [Receiver.Reply] = [.status(422), .status(503), .status(204)]
        try await RunStory.with(reply: { replies[min($0, replies.count) - 1] }) { story in
            let processor = try story.processor()
            #expect(try await story.work(processor) == 1)
            try await story.letTimePass(.seconds(300))
            // Another claim: what it knows is what was stored.
            #expect(try await story.work(processor) == 1)
            #expect(try await story.run().callbackState == "delivered")
            let resource: JSONValue = ["type": "bucket", "metadata": ["bucket": "b"], "externalIdentifier": "b"]
            #expect(
                try story.receiver.requests.map { try $0.json["data"]?["resources"] } == [
                    .array([resource]), .array([]), .array([]),
                ])
        }
    }

    @Test(arguments: UnreportableOutcome.allCases)
    func `what a callback cannot carry fails the run at once with the reason`(_ outcome: UnreportableOutcome)
        async throws
    {
        try await RunStory.with { story in
            let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                .provisioned(outcome.resources, appPlaneURL: nil)
            }
            try await story.work(try story.processor(provisioner))
            let run = try await story.run()
            #expect(run.state == "failed")
            #expect(run.callbackState == "delivered")
            #expect(run.lastError?.contains(outcome.rawValue) == true, "\(run.lastError ?? "")")
            #expect(provisioner.count == 1)
            #expect(try story.reportedStatuses() == [0])
        }
    }

    @Test func `redirects are not followed`() async throws {
        try await RunStory.with(reply: { _ in .status(307, headers: [.location: "/elsewhere"]) }) { story in
            try await story.work(try story.processor())
            #expect(story.receiver.requests.map(\.path) == ["/webhook"])
            #expect(try await story.run().callbackState == "pending")
        }
    }
}

/// Outcomes that tenant management cannot store, by a word of the reason.
enum UnreportableOutcome: String, CaseIterable, Sendable {
    case tooMany = "501 resources"
    case nul = "NUL"
    case longType = "type"
    case longName = "externalIdentifier"
    case large = "bytes"

    var resources: [TenantResource] {
        switch self {
        case .tooMany: Array(repeating: ScriptedProvisioner.resource, count: 501)
        case .nul: [TenantResource(type: "bucket", metadata: ["a": ["b": ["c\0"]]], externalIdentifier: "x")]
        case .longType:
            [TenantResource(type: String(repeating: "t", count: 101), metadata: [:], externalIdentifier: "x")]
        case .longName:
            [TenantResource(type: "t", metadata: [:], externalIdentifier: String(repeating: "x", count: 201))]
        case .large:
            [
                TenantResource(
                    type: "t", metadata: ["a": .string(String(repeating: "x", count: 800_000))], externalIdentifier: nil
                )
            ]
        }
    }
}
