import MessageBus
import Testing
import WorkQueue

@testable import MessageBusSQS

@Suite struct MessageIntakeTests {
    private let now = ContinuousClock.now
    private let request = ClaimRequest(limit: 3, runLength: 2, lease: .seconds(30))

    private func ids(_ deliveries: [SQSDelivery]) -> [String] { deliveries.map(\.message.id) }

    @Test func `an empty intake asks for what there is place for, at most ten, once`() {
        var intake = MessageIntake()
        #expect(intake.claim(request, now: now).items.isEmpty)
        #expect(intake.takeDemand() == MessageIntake.Demand(limit: 3, lease: .seconds(30)))
        #expect(intake.takeDemand() == nil)
        _ = intake.claim(ClaimRequest(limit: 50, lease: .seconds(30)), now: now)
        let demand = intake.takeDemand()
        #expect(demand?.limit == 10)
        intake.foundNothing(for: MessageIntake.Demand(limit: 10, lease: .seconds(30)))
        #expect(intake.takeDemand() == demand, "an empty answer is no answer")
    }

    @Test func `messages come lane by lane, and the rest of a lane goes back`() throws {
        var intake = MessageIntake()
        for (id, lane) in [("1", "a"), ("2", "b"), ("3", "a"), ("4", "a"), ("5", "c"), ("6", "d")] {
            #expect(intake.received([try .test(id, lane: lane)], now: now))
        }
        let claim = intake.claim(request, now: now)
        #expect(ids(claim.items) == ["1", "3", "2", "5"])
        #expect(ids(claim.returned) == ["4"])
        #expect(intake.takeDemand() == nil)
        #expect(ids(intake.claim(request, now: now).items) == ["6"])
    }

    @Test func `messages without order are lanes of their own`() throws {
        var intake = MessageIntake()
        for id in ["1", "2", "3", "4"] { _ = intake.received([try .test(id, lane: nil)], now: now) }
        #expect(ids(intake.claim(request, now: now).items) == ["1", "2", "3"])
        #expect(ids(intake.claim(request, now: now).items) == ["4"])
    }

    @Test func `a message that arrives replaces what was asked for meanwhile`() throws {
        var intake = MessageIntake()
        _ = intake.claim(request, now: now)
        _ = intake.takeDemand()
        _ = intake.claim(request, now: now)
        _ = intake.received([try .test("1", lane: "a")], now: now)
        #expect(intake.takeDemand() == nil, "else more would be held than handlers can take")
    }

    @Test func `what has waited for half of the lease is left to others`() throws {
        var intake = MessageIntake()
        _ = intake.received([try .test("1", lane: "a")], now: now)
        _ = intake.received([try .test("2", lane: "b")], now: now.advanced(by: .seconds(10)))
        let claim = intake.claim(request, now: now.advanced(by: .seconds(16)))
        #expect(ids(claim.items) == ["2"])
        #expect(ids(claim.expired) == ["1"])
    }

    @Test func `a failure is reported once`() {
        var intake = MessageIntake()
        intake.failed(.timeout)
        #expect(intake.claim(request, now: now).failure != nil)
        #expect(intake.claim(request, now: now).failure == nil)
    }

    @Test func `there is room for a hundred messages, and what is left at the end is known`() throws {
        var intake = MessageIntake()
        for id in 0..<100 { #expect(intake.received([try .test("\(id)", lane: nil)], now: now)) }
        #expect(!intake.received([try .test("100", lane: nil)], now: now))
        #expect(intake.removeAll().count == 100)
        #expect(intake.removeAll().isEmpty)
    }

    @Test func `leases are whole seconds, at least one, and delays are the nearest ones`() {
        #expect(Duration.milliseconds(1).visibility == 1 && Duration.milliseconds(1001).visibility == 2)
        #expect(Duration.seconds(100_000).visibility == 43_200)
        #expect(Duration.milliseconds(499).delaySeconds == 0 && Duration.milliseconds(500).delaySeconds == 1)
        #expect(Duration.seconds(100_000).delaySeconds == 43_200)
    }
}
