import HTTPTypes
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Testing

@testable import Orchestrator

/// What becomes of call-backs that are not taken at once.
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
                        let delay = try #require(run.dueAt).duration(since: world.clock.now())
                        let limit = min(Duration.seconds(10) * (1 << (attempt - 1)), .seconds(60))
                        #expect((limit / 2...limit).contains(delay), "\(delay)")
                        #expect(try await work(processor) == 0)
                        world.clock.advance(by: delay)
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
                    let due = try #require(try await world.run(of: test.tenant).dueAt)
                    #expect(due.duration(since: world.clock.now()) == .seconds(40))
                }
            }
        }
    }

    @Test func aRefusedConnectionAndSilenceAreTriedAgain() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ $0 == 1 ? .silence : .status(204) }) { receiver, url in
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
                    world.clock.advance(by: .seconds(300))
                    try await work(processor)
                    run = try await world.run(of: test.tenant)
                    #expect(run.callbackAttempts == 2)
                    #expect(run.callbackState == "pending")
                    #expect(receiver.requests.count == 1)

                    processor.callbacks.timeout = .seconds(20)
                    world.clock.advance(by: .seconds(300))
                    try await work(processor)
                    #expect(try await world.run(of: test.tenant).callbackState == "delivered")
                }
            }
        }
    }

    @Test(arguments: [400, 401, 404, 422])
    func aRefusedCallbackIsFinalAndVisible(status: Int) async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ _ in .status(status) }) { receiver, url in
                try await withClient { client in
                    let processor = try world.processor(
                        ScriptedProvisioner(), callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    world.clock.advance(by: .seconds(86_400))
                    #expect(try await work(processor) == 0)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.callbackState == "refused")
                    #expect(run.callbackStatus == status)
                    #expect(run.callbackError == "refused with \(status)")
                    #expect(receiver.requests.count == 1)
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
