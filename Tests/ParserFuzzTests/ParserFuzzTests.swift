import ParserFuzzing
import Testing

/// A short run of every target with a fixed seed; `make fuzz-parsers` tries other inputs.
@Suite(.timeLimit(.minutes(20))) struct ParserFuzzTests {
    private static let iterations = 700

    @Test(arguments: FuzzTargets.all.map(\.name)) func `a parser holds what it must for the corpus and mutations of it`(
        name: String
    ) async throws {
        let target = try #require(FuzzTargets.named(name))
        let corpus = try FuzzCorpus.committed.inputs(of: target)
        #expect(!corpus.isEmpty, "Tests/Fixtures/fuzz/\(name) has no examples")
        var run = await FuzzRun(target, corpus: corpus, seed: 1)
        try await run.tryCorpus()
        let outcomes = run.outcomeCount
        #expect(outcomes > 1, "all examples have the same outcome")
        try await run.tryMutations(Self.iterations)
    }

    @Test func `every target has a folder of examples, and every folder a target`() throws {
        let names = FuzzTargets.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(try FuzzCorpus.committed.names() == Set(names))
    }

    @Test func `mutations are the same for the same seed`() throws {
        let target = try #require(FuzzTargets.named("json"))
        func inputs(_ seed: UInt64) -> [[UInt8]] {
            var mutator = FuzzMutator(seed: seed, target: target)
            return (0..<50).map { _ in mutator.mutate(Array("{\"a\":[1,2]}".utf8), with: Array("null".utf8)) }
        }
        #expect(inputs(7) == inputs(7))
        #expect(inputs(7) != inputs(8))
    }

    @Test func `an input that fails is made as small as it can be`() async {
        let input = Array("some text with a needle and more text".utf8)
        let smallest = await FuzzMinimizer.minimize(input) { String(decoding: $0, as: UTF8.self).contains("needle") }
        #expect(String(decoding: smallest, as: UTF8.self) == "needle")
    }
}
