import Testing

@testable import PostgresClient

@Suite struct PipelineTests {
    private static func make(_ steps: Pipeline.Step...) -> Pipeline {
        var pipeline = Pipeline()
        for step in steps { pipeline.append(step) }
        return pipeline
    }

    @Test func `results belong to their statements`() {
        var pipeline = Self.make(.control, .prepare(number: 1, index: 0), .statement(index: 0), .statement(index: 1))
        #expect(pipeline.receive(.rows) == .discard)
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.command) == .discard)
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.rows) == .keep(index: 0))
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.command) == .keep(index: 1))
        #expect(pipeline.receive(.end) == .discard)
        #expect(pipeline.receive(.sync) == .finished)
        #expect(pipeline.isFinished)
        #expect(pipeline.undone.isEmpty)
    }

    @Test func `what follows an error is not executed`() {
        var pipeline = Self.make(
            .statement(index: 0), .prepare(number: 7, index: 1), .statement(index: 1), .deallocate(number: 3))
        #expect(pipeline.receive(.error) == .fail(index: 0))
        #expect(pipeline.receive(.end) == .discard)
        for _ in 0..<3 {
            #expect(pipeline.receive(.aborted) == .discard)
            #expect(pipeline.receive(.end) == .discard)
        }
        #expect(pipeline.receive(.sync) == .finished)
        #expect(pipeline.hasFailed)
        #expect(pipeline.undone.contains(.prepare(number: 7, index: 1)))
        #expect(pipeline.undone.contains(.deallocate(number: 3)))
    }

    @Test func `a failed preparation belongs to its statement`() {
        var pipeline = Self.make(.prepare(number: 1, index: 4), .statement(index: 4))
        #expect(pipeline.receive(.error) == .fail(index: 4))
        #expect(pipeline.undone == [.prepare(number: 1, index: 4)])
    }

    @Test func `an error in the settings belongs to no statement`() {
        var pipeline = Self.make(.control, .statement(index: 0))
        #expect(pipeline.receive(.error) == .fail(index: nil))
    }

    @Test func `an unexpected result is a protocol violation`() {
        var twoEnds = Self.make(.statement(index: 0))
        #expect(twoEnds.receive(.end) == .violation, "would repeat forever")
        var early = Self.make(.statement(index: 0))
        #expect(early.receive(.sync) == .violation)
        var late = Self.make()
        #expect(late.receive(.rows) == .violation)
        var copy = Self.make(.statement(index: 0))
        #expect(copy.receive(.unexpected) == .violation)
        var twice = Self.make(.statement(index: 0))
        _ = twice.receive(.rows)
        #expect(twice.receive(.rows) == .violation)
        var over = Self.make()
        #expect(over.receive(.sync) == .finished)
        #expect(over.receive(.sync) == .violation)
    }
}
