import Primitives

/// The beginning of what a receiver has answered, as the delivery log shows it.
enum ResponseExcerpt {
    /// Characters that are kept.
    static let maximumLength = 500
    /// Bytes that are read.
    static let maximumBytes = 4096

    /// The text without characters that could make a log or a terminal show something else: control characters become spaces,
    /// what changes the direction of text is left out. Nil for nothing.
    static func text(_ bytes: [UInt8]) -> String? {
        var result = String.UnicodeScalarView()
        var count = 0
        for scalar in String(decoding: bytes.prefix(maximumBytes), as: UTF8.self).unicodeScalars {
            guard count < maximumLength else { break }
            if scalar.isControlOrDirection {
                guard scalar.value < 0x20, result.last != " ", !result.isEmpty else { continue }
                result.append(" ")
            } else {
                result.append(scalar)
            }
            count += 1
        }
        return result.isEmpty ? nil : String(result)
    }
}
