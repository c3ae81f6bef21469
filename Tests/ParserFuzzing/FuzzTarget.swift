/// A parser of bytes from outside, with what must hold for every input.
package struct FuzzTarget: Sendable {
    /// Also the name of its folder in the corpus.
    package let name: String
    /// Pieces of its language, which mutations insert.
    package let tokens: [[UInt8]]
    /// Longest input in bytes.
    package let maximumLength: Int
    /// Valid inputs that cannot be files, because they are signed. Tokens and API keys differ in each run.
    package let seeds: @Sendable () async -> [[UInt8]]
    /// Parses an input.
    /// - Returns: In a few words what became of it. Inputs with new outcomes are mutated further.
    /// - Throws: ``FuzzViolation`` for an input for which something does not hold that must.
    package let check: @Sendable ([UInt8]) async throws -> String

    init(
        _ name: String, tokens: [String] = [], maximumLength: Int = 4096,
        seeds: @escaping @Sendable () async -> [[UInt8]] = { [] },
        check: @escaping @Sendable ([UInt8]) async throws -> String
    ) {
        self.name = name
        self.tokens = tokens.map { Array($0.utf8) }
        self.maximumLength = maximumLength
        self.seeds = seeds
        self.check = check
    }

    /// A target whose input is a text; bytes that are not UTF-8 become U+FFFD.
    static func text(
        _ name: String, tokens: [String] = [], maximumLength: Int = 4096,
        check: @escaping @Sendable (String) throws -> String
    ) -> FuzzTarget {
        FuzzTarget(name, tokens: tokens, maximumLength: maximumLength) { bytes in
            try check(String(decoding: bytes, as: UTF8.self))
        }
    }
}

/// Something that must hold for every input and does not hold for one.
package struct FuzzViolation: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// Throws unless a condition holds.
    static func unless(_ condition: Bool, _ description: @autoclosure () -> String) throws(FuzzViolation) {
        guard condition else { throw FuzzViolation(description: description()) }
    }
}
