import MessageBus
import Testing
import WorkQueue

@testable import MessageBusSQS

/// What becomes of the messages of one answer of a queue.
@Suite struct ReceivedSharesTests {
    private let first: SQSInbox
    private let second: SQSInbox

    init() throws {
        first = SQSInbox(try Subscription(group: "g", types: ["A"]))
        second = SQSInbox(try Subscription(group: "g", types: ["B"]))
    }

    private func ids(_ shares: ReceivedShares, of inbox: SQSInbox) -> [String] {
        ids(shares.takers.filter { $0.inbox === inbox }.flatMap(\.deliveries))
    }

    private func ids(_ deliveries: [SQSDelivery]) -> [String] { deliveries.map(\.message.id) }

    @Test func `a lane belongs to the subscription of its first message, and the others follow later`() throws {
        var shares = ReceivedShares()
        for (id, lane, inbox) in [
            ("1", "a", first), ("2", "b", second), ("3", "a", first), ("4", "a", second), ("5", "a", first),
            ("6", "b", second),
        ] {
            shares.add(try .test(id, lane: lane), to: inbox)
        }
        #expect(ids(shares, of: first) == ["1", "3"])
        #expect(ids(shares, of: second) == ["2", "6"])
        #expect(ids(shares.postponed) == ["4", "5"], "5 must not overtake 4")
    }

    @Test func `messages without order wait for nobody`() throws {
        var shares = ReceivedShares()
        for (id, inbox) in [("1", first), ("2", second), ("3", first)] {
            shares.add(try .test(id, lane: nil), to: inbox)
        }
        #expect(ids(shares, of: first) == ["1", "3"])
        #expect(ids(shares, of: second) == ["2"])
        #expect(shares.postponed.isEmpty)
    }

    /// A worker that claims between two messages of a lane would handle them side by side.
    @Test func `the messages of an answer can be claimed together only`() throws {
        var intake = MessageIntake()
        let claim = ClaimRequest(limit: 5, runLength: 5, lease: .seconds(30))
        for id in 0..<99 { _ = intake.received([try .test("\(id)", lane: nil)], now: .now) }
        #expect(intake.received(try ["x", "y", "z"].map { try SQSDelivery.test($0, lane: "a") }, now: .now))
        #expect(!intake.received([try .test("full", lane: nil)], now: .now))
        var claimed: [[String]] = []
        repeat {
            claimed.append(ids(intake.claim(claim, now: .now).items))
        } while claimed.last?.isEmpty == false
        #expect(claimed.contains { $0.suffix(3) == ["x", "y", "z"] })
        #expect(claimed.joined().count == 102)
    }
}
