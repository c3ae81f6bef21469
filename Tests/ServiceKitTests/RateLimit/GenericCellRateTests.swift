import HTTPTypes
import Testing

@testable import ServiceKit

@Suite
struct GenericCellRateTests {
    private let limit = RateLimit(limit: 5, window: .seconds(60))

    /// Calls at the given microseconds; which of them are allowed.
    private func run(_ instants: [Int64]) -> [Bool] {
        var stored: Int64?
        return instants.map { now in
            let (decision, store) = GenericCellRate.decide(limit, theoreticalArrival: stored, now: now)
            if let store { stored = store }
            return decision.isAllowed
        }
    }

    @Test func `a burst of the limit is allowed and no more`() {
        #expect(run(Array(repeating: 1_000, count: 7)) == [true, true, true, true, true, false, false])
    }

    @Test func `one interval later one more request is allowed`() {
        let interval: Int64 = 12_000_000
        #expect(
            run([0, 0, 0, 0, 0, interval - 1, interval, interval]) == [
                true, true, true, true, true, false, true, false,
            ])
    }

    @Test func `refused requests do not delay the next one`() {
        let refused = Array(repeating: Int64(1), count: 100)
        #expect(run([0, 0, 0, 0, 0] + refused + [12_000_000]).last == true)
    }

    @Test func `no window holds more than the burst and the rate`() {
        var generator = SystemRandomNumberGenerator()
        var now: Int64 = 0
        let instants = (0..<2_000).map { _ -> Int64 in
            now += Int64.random(in: 0...6_000_000, using: &generator)
            return now
        }
        let allowed = zip(instants, run(instants)).filter(\.1).map(\.0)
        for (index, start) in allowed.enumerated() {
            let inWindow = allowed[index...].prefix { $0 < start + 60_000_000 }.count
            #expect(inWindow <= 10)
        }
    }

    @Test func `the headers say when to come back`() {
        var stored: Int64?
        for _ in 0..<5 { stored = GenericCellRate.decide(limit, theoreticalArrival: stored, now: 0).store }
        let refused = GenericCellRate.decide(limit, theoreticalArrival: stored, now: 0).decision
        #expect(refused.retryAfter == .seconds(12))
        let headers = refused.headers([RateLimitCheck(.operation, limit, key: "k")])
        #expect(headers[.retryAfter] == "12")
        #expect(headers[.rateLimitRemaining] == "0")
        #expect(headers[.rateLimitLimit] == "5")
        #expect(headers[.rateLimitPolicy] == "\"operation\";q=5;w=60")
        #expect(headers[.rateLimitStructured] == "\"operation\";r=0;t=12", "not later than Retry-After")
        #expect(headers[.rateLimitReset] == "60")
    }
}
