import Testing

@testable import Primitives

@Suite struct TimeOrderedGeneratorTests {
    @Test func `identifiers ascend within the same instant`() {
        var generator = TimeOrderedGenerator()
        let time = Timestamp(seconds: 1_700_000_000)
        let identifiers = (0..<20_000).map { _ in generator.next(at: time) }
        #expect(zip(identifiers, identifiers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(identifiers.allSatisfy { $0.timestamp == time })
    }

    @Test func `identifiers ascend with the microsecond`() {
        var generator = TimeOrderedGenerator()
        let start: Int64 = 1_700_000_000_000_000
        let identifiers = (0..<3_000).map { generator.next(at: Timestamp(microseconds: start + $0)) }
        #expect(zip(identifiers, identifiers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(identifiers.last?.timestamp == Timestamp(microseconds: start + 2_000))
    }

    @Test func `a small step back of the clock is ignored and a large one followed`() {
        var generator = TimeOrderedGenerator()
        let time = Timestamp(seconds: 1_700_000_000)
        let first = generator.next(at: time)
        let second = generator.next(at: time.adding(.milliseconds(-900)))
        #expect(first < second)
        #expect(second.timestamp == time)
        let third = generator.next(at: time.adding(.seconds(-2)))
        #expect(third.timestamp == time.adding(.seconds(-2)))
    }

    /// Two clocks that stand still, such as those of two tenants.
    @Test func `identifiers of one instant ascend while others are made of another`() {
        var generator = TimeOrderedGenerator()
        let early = Timestamp(seconds: 1_700_000_000)
        let late = early.adding(.seconds(3600))
        let pairs = (0..<2_000).map { _ in (generator.next(at: early), generator.next(at: late)) }
        #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.0 < $1.0 && $0.1 < $1.1 })
        #expect(pairs.allSatisfy { $0.0.timestamp == early && $0.1.timestamp == late })
    }
}
