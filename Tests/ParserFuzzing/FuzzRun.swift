/// An input that breaks a parser, or something that must hold.
package struct FuzzFailure: Error, Sendable, CustomStringConvertible {
    package let target: String
    package let input: [UInt8]
    package let violation: String

    package init(target: String, input: [UInt8], violation: String) {
        self.target = target
        self.input = input
        self.violation = violation
    }

    package var description: String {
        "\(target): \(violation), for \(String(decoding: input.prefix(500), as: UTF8.self).debugDescription)"
    }
}

/// Tries inputs at one target: the corpus as it is, then mutations of it and of what had new outcomes.
package struct FuzzRun: Sendable {
    package let target: FuzzTarget
    private var mutator: FuzzMutator
    private var pool: [[UInt8]]
    private var outcomes: Set<String> = []
    /// Inputs that were tried.
    package private(set) var tried = 0

    /// Inputs that are mutated at most.
    private static let capacity = 2048

    /// - Parameter corpus: Inputs to begin with.
    package init(_ target: FuzzTarget, corpus: [[UInt8]], seed: UInt64) async {
        self.target = target
        mutator = FuzzMutator(seed: seed, target: target)
        pool = corpus + (await target.seeds())
        if pool.isEmpty { pool = [[]] }
    }

    /// Different outcomes so far.
    package var outcomeCount: Int { outcomes.count }

    /// Tries the corpus.
    /// - Parameter before: Sees each input before it is tried, to keep it when the process ends with it.
    package mutating func tryCorpus(before: ([UInt8]) -> Void = { _ in }) async throws(FuzzFailure) {
        for input in pool { try await attempt(input, before) }
    }

    /// Tries so many mutations.
    package mutating func tryMutations(
        _ count: Int, before: ([UInt8]) -> Void = { _ in }
    ) async throws(FuzzFailure) {
        for _ in 0..<count {
            let input = mutator.mutate(
                pool[mutator.number(below: pool.count)], with: pool[mutator.number(below: pool.count)])
            try await attempt(input, before)
        }
    }

    private mutating func attempt(_ input: [UInt8], _ before: ([UInt8]) -> Void) async throws(FuzzFailure) {
        before(input)
        tried += 1
        let outcome: String
        do {
            outcome = try await target.check(input)
        } catch {
            throw FuzzFailure(target: target.name, input: input, violation: "\(error)")
        }
        guard outcomes.insert(outcome).inserted, pool.count < Self.capacity else { return }
        pool.append(input)
    }
}

/// Makes an input that fails smaller.
package enum FuzzMinimizer {
    /// Removes parts, half of the input first and single bytes last, as long as the rest fails as well.
    /// - Parameter limit: Inputs to try at most.
    package static func minimize(
        _ input: [UInt8], limit: Int = 2000, fails: ([UInt8]) async -> Bool
    ) async -> [UInt8] {
        var input = input
        var attempts = 0
        var length = max(1, input.count / 2)
        while true {
            var position = 0
            while position < input.count {
                attempts += 1
                guard attempts <= limit else { return input }
                let shorter = Array(input[..<position] + input[min(position + length, input.count)...])
                if await fails(shorter) { input = shorter } else { position += length }
            }
            guard length > 1 else { return input }
            length /= 2
        }
    }
}
