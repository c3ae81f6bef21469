import HTTPTypes
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Synchronization
import Testing
import WorkQueue

@testable import Orchestrator

/// Callbacks that are not accepted at the first attempt.
extension ProvisioningRunTests {
    @Test func callbacksAreRepeatedWithBackOffUntilTheyAreAccepted() async throws {
        try await TestWorld.with(application: false) { world in
            let replies: [Receiver.Reply] = [.status(503), .status(500), .status(429), .status(408), .status(204)]
            try await Receiver.with({ replies[min($0, replies.count) - 1] }) { receiver, url in
                try await withClient { client in
                    let provisioner = ScriptedProvisioner()
                    let policy = RunPolicy(
                        callback: BackOff(initial: .seconds(10), maximum: .seconds(60)), lease: Self.lease)
                    let processor = try world.processor(
                        provisioner, callbackURL: url + "/webhook", client: client, policy: policy)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    for attempt in 1...4 {
                        #expect(try await work(processor) == 1)
                        let run = try await world.run(of: test.tenant)
                        #expect(run.callbackState == "pending")
                        #expect(run.callbackAttempts == attempt)
                        #expect(run.callbackStatus == [503, 500, 429, 408][attempt - 1])
                        #expect(run.holdsEvent && !run.isClaimed)
                        // Between half and the whole of 10 s, doubled each time, at most 60 s.
                        let delay = try #require(run.delay)
                        let limit = min(Duration.seconds(10) * (1 << (attempt - 1)), .seconds(60))
                        #expect((limit / 2...limit).contains(delay), "\(delay)")
                        #expect(try await work(processor) == 0)
                        try await world.letTimePass(delay)
                    }
                    #expect(try await work(processor) == 1)
                    #expect(try await world.run(of: test.tenant).callbackState == "delivered")
                    #expect(provisioner.count == 1)
                    #expect(receiver.requests.count == 5)
                    for request in receiver.requests { #expect(try request.isSigned(for: test)) }
                    #expect(Set(try receiver.requests.map { try $0.header("x-timestamp") }).count == 5)
                    #expect(Set(try receiver.requests.map { try $0.json }).count == 1)
                }
            }
        }
    }

    @Test func theReceiverMayAskForALongerWait() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ _ in .status(429, headers: [.retryAfter: "40"]) }) { _, url in
                try await withClient { client in
                    let policy = RunPolicy(callback: BackOff(initial: .seconds(1), maximum: .seconds(60)))
                    let processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client, policy: policy)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    #expect(try await world.run(of: test.tenant).delay == .seconds(40))
                }
            }
        }
    }

    @Test func aRefusedConnectionAndSilenceAreTriedAgain() async throws {
        try await TestWorld.with(application: false) { world in
            let isSilent = Mutex(true)
            try await Receiver.with({ _ in isSilent.withLock { $0 } ? .silence : .status(204) }) {
                receiver, url in
                try await withClient { client in
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    // Nobody listens on port 1.
                    try await work(
                        try world.processor(
                            ScriptedProvisioner(), callbackURL: "http://127.0.0.1:1/webhook", client: client))
                    var run = try await world.run(of: test.tenant)
                    #expect(run.callbackState == "pending")
                    #expect(run.callbackStatus == nil)
                    #expect(run.callbackError?.isEmpty == false)

                    var processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client)
                    processor.callbacks.timeout = .seconds(3)
                    // On a busy machine the time may be over before the receiver has heard anything.
                    repeat {
                        try await world.letTimePass(.seconds(300))
                        try await work(processor)
                        run = try await world.run(of: test.tenant)
                        #expect(run.callbackState == "pending")
                    } while receiver.requests.isEmpty && run.callbackAttempts < 20
                    #expect(run.callbackAttempts >= 2)
                    #expect(!receiver.requests.isEmpty)

                    isSilent.withLock { $0 = false }
                    processor.callbacks.timeout = .seconds(120)
                    try await world.letTimePass(.seconds(300))
                    try await work(processor)
                    #expect(try await world.run(of: test.tenant).callbackState == "delivered")
                }
            }
        }
    }

    @Test(arguments: [409, 410])
    func `a refused callback is final and visible, and its secret is dropped`(status: Int) async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ _ in .status(status) }) { receiver, url in
                try await withClient { client in
                    let processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    try await world.letTimePass(.seconds(86_400))
                    #expect(try await work(processor) == 0)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.callbackState == "refused")
                    #expect(run.callbackStatus == status)
                    #expect(run.callbackError == "refused with \(status)")
                    #expect(!run.holdsEvent)
                    #expect(receiver.requests.count == 1)
                }
            }
        }
    }

    @Test(arguments: [400, 401, 403, 404])
    func `an answer that may be a proxy's is tried again for a day, then it is a refusal`(status: Int) async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ _ in .status(status) }) { receiver, url in
                try await withClient { client in
                    let processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    for _ in 0..<3 {
                        #expect(try await work(processor) == 1)
                        #expect(try await world.run(of: test.tenant).callbackState == "pending")
                        try await world.letTimePass(.seconds(3600))
                    }
                    try await world.letTimePass(.seconds(86_400))
                    #expect(try await work(processor) == 1)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.callbackState == "refused")
                    #expect(!run.holdsEvent)
                    #expect(receiver.requests.count == 4)
                }
            }
        }
    }

    @Test func `a report that cannot be accepted fails the run and is followed by a report of the failure`()
        async throws
    {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ $0 == 1 ? .status(422) : .status(204) }) { receiver, url in
                try await withClient { client in
                    let processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.state == "failed")
                    #expect(run.callbackState == "delivered")
                    #expect(run.lastError == "refused with 422")
                    #expect(try receiver.requests.map { try $0.json["data"]?["status"] } == [1, 0])
                }
            }
        }
    }

    @Test func `a report of a failure never repeats the resources that were refused`() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ [.status(422), .status(503), .status(204)][min($0, 3) - 1] }) { receiver, url in
                try await withClient { client in
                    let processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    #expect(try await work(processor) == 1)
                    try await world.letTimePass(.seconds(300))
                    // Another claim: what it knows is what was stored.
                    #expect(try await work(processor) == 1)
                    #expect(try await world.run(of: test.tenant).callbackState == "delivered")
                    let resource: JSONValue = [
                        "type": "bucket", "metadata": ["bucket": "b"], "externalIdentifier": "b",
                    ]
                    #expect(
                        try receiver.requests.map { try $0.json["data"]?["resources"] } == [
                            .array([resource]), .array([]), .array([]),
                        ])
                }
            }
        }
    }

    @Test(arguments: UnreportableOutcome.allCases)
    func `what a callback cannot carry fails the run at once with the reason`(_ outcome: UnreportableOutcome)
        async throws
    {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                        .provisioned(outcome.resources, appPlaneURL: nil)
                    }
                    let processor = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.state == "failed")
                    #expect(run.callbackState == "delivered")
                    #expect(run.lastError?.contains(outcome.rawValue) == true, "\(run.lastError ?? "")")
                    #expect(provisioner.count == 1)
                    #expect(try receiver.requests.map { try $0.json["data"]?["status"] } == [0])
                }
            }
        }
    }

    @Test func redirectsAreNotFollowed() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ _ in .status(307, headers: [.location: "/elsewhere"]) }) { receiver, url in
                try await withClient { client in
                    let processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    #expect(receiver.requests.map(\.path) == ["/webhook"])
                    #expect(try await world.run(of: test.tenant).callbackState == "pending")
                }
            }
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
