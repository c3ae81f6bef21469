import PrometheusMetrics
import TestSupport
import Testing

@Suite struct SpaceSavingTests {
    @Test func `counts are exact while there is room`() {
        var sketch = SpaceSaving<String>(capacity: 3)
        for key in ["a", "b", "a", "c", "a", "b"] { sketch.add(key) }
        let counts = Dictionary(uniqueKeysWithValues: sketch.kept.map { ($0.key, $0.count) })
        #expect(counts == ["a": 3, "b": 2, "c": 1])
        #expect(sketch.kept.allSatisfy { $0.error == 0 })
        #expect(sketch.total == 6)
    }

    @Test func `frequent keys are kept among many rare ones`() {
        var sketch = SpaceSaving<Int>(capacity: 20)
        for round in 0..<1000 {
            sketch.add(-1)
            if round.isMultiple(of: 2) { sketch.add(-2) }
            sketch.add(round)
        }
        let kept = Dictionary(uniqueKeysWithValues: sketch.kept.map { ($0.key, $0) })
        #expect(kept.count == 20)
        // More often than 2500 / 20.
        #expect(kept[-1]?.certain == 1000)
        #expect(kept[-2].map { $0.certain <= 500 && $0.count >= 500 } == true)
        #expect(sketch.total == 2500)
    }

    @Test func `certain counts never add up to more than the total`() {
        var generator = SeededGenerator(seed: 5)
        var sketch = SpaceSaving<Int>(capacity: 8)
        for _ in 0..<5000 {
            sketch.add(Int.random(in: 0..<100, using: &generator))
            #expect(sketch.kept.reduce(0) { $0 + $1.certain } <= sketch.total)
        }
    }
}
