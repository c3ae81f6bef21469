import MessageBus
import MessageBusTestSupport
import Primitives
import TestSupport
import Testing

@testable import MessageBusSQS

@Suite struct PublishedBatchTests {
    @Test func `a round has one event of each key, and the next one waits for it`() throws {
        let (first, second) = (Identifier.v4(), Identifier.v4())
        let events = try [first, second, first, first].enumerated().map { try numbered($0, of: $1) }
        var batch = PublishedBatch(events)
        #expect(batch.nextRound == [0, 1])
        batch.record(.published, at: 0)
        batch.record(.rejected(reason: "too large"), at: 1)
        #expect(batch.nextRound == [2])
        batch.record(.unavailable(reason: "away"), at: 2)
        #expect(batch.nextRound.isEmpty)
        #expect(try batch.finished() == [.published, .rejected(reason: "too large"), .held, .held])
    }

    @Test func `an event that is rejected does not hold up those behind it`() throws {
        let tenant = Identifier.v4()
        var batch = PublishedBatch(try (0..<2).map { try numbered($0, of: tenant) })
        batch.record(.rejected(reason: "no"), at: 0)
        #expect(batch.nextRound == [1])
    }

    @Test func `when nothing is on the bus, the bus is away`() throws {
        var batch = PublishedBatch(try (0..<2).map { try numbered($0, of: .v4()) })
        batch.record(.unavailable(reason: "away"), at: 0)
        batch.record(.unavailable(reason: "away too"), at: 1)
        let error = try #require(throws: MessageBusError.self) { try batch.finished() }
        #expect(error.isDependencyUnavailable && error.description.contains("away"))
        #expect(try PublishedBatch([]).finished() == [])
    }

    @Test func `batches are as large as they may be, in order, and none is larger`() {
        #expect(BatchPacking.pack([], maximumCount: 10, maximumSize: 100) == [])
        #expect(
            BatchPacking.pack([60, 40, 1, 99, 100], maximumCount: 10, maximumSize: 100) == [[0, 1], [2, 3], [4]])
        #expect(BatchPacking.pack([1, 1, 1], maximumCount: 2, maximumSize: 100) == [[0, 1], [2]])
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let sizes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Int.random(in: 0...100, using: &generator)
            }
            let batches = BatchPacking.pack(sizes, maximumCount: 10, maximumSize: 100)
            #expect(batches.flatMap { $0 } == Array(sizes.indices))
            for (batch, next) in zip(batches, batches.dropFirst()) {
                let size = batch.reduce(0) { $0 + sizes[$1] }
                #expect(batch.count == 10 || size + sizes[next[0]] > 100, "the next one had no room")
            }
            #expect(
                batches.allSatisfy { batch in
                    (1...10).contains(batch.count) && batch.reduce(0) { $0 + sizes[$1] } <= 100
                })
        }
    }
}
