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
        let second = generator.next(at: time.adding(.seconds(-9)))
        #expect(first < second)
        #expect(second.timestamp == time)
        let third = generator.next(at: time.adding(.seconds(-11)))
        #expect(third.timestamp == time.adding(.seconds(-11)))
    }
}
