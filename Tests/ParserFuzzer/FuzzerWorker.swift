#if !LIBFUZZER
import Foundation
import ParserFuzzing

/// Tries inputs in this process.
struct FuzzerWorker {
    /// Exit code when something does not hold; a trap ends the process with a signal.
    static let violation: Int32 = 3

    private let target: FuzzTarget
    private let options: FuzzerOptions

    init(_ target: FuzzTarget, _ options: FuzzerOptions) {
        self.target = target
        self.options = options
    }

    func run(slot path: String) async throws {
        let slot = try InputSlot(path: path)
        let end = ContinuousClock.now + .seconds(options.seconds)
        var run = await FuzzRun(target, corpus: try options.corpus.inputs(of: target), seed: options.seed)
        try await run.tryCorpus(before: slot.store)
        while ContinuousClock.now < end { try await run.tryMutations(100, before: slot.store) }
        FuzzerCommand.write("\(target.name): \(run.tried) inputs, \(run.outcomeCount) outcomes, nothing found")
    }

    func replay(_ path: String) async throws {
        let input = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        do {
            FuzzerCommand.write("\(target.name): \(try await target.check(input))")
        } catch {
            throw FuzzFailure(target: target.name, input: input, violation: "\(error)")
        }
    }
}
#endif
