/// The `tracestate` of W3C Trace Context: what the tracing systems of callers want to have passed on.
package enum TraceState {
    private static let maximumMembers = 32
    /// Longer ones are dropped.
    package static let maximumLength = 512
    private static let marks = Set("_-*/@".utf8)

    /// The value as it is passed on.
    /// - Returns: Nil for a value that is dropped: longer than 512 characters, with more than 32 members, with a member that
    ///   is not `key=value`, or with a key twice.
    package static func checked(_ text: String) -> String? {
        guard (1...maximumLength).contains(text.utf8.count) else { return nil }
        var keys: Set<Substring> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let member = part.trimmedSlice
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: "="), isKey(member[..<equals]),
                isValue(member[member.index(after: equals)...]), keys.insert(member[..<equals]).inserted
            else { return nil }
        }
        return (1...maximumMembers).contains(keys.count) ? text : nil
    }

    private static func isKey(_ key: Substring) -> Bool {
        guard key.utf8.count <= 256, let first = key.utf8.first, isLetterOrDigit(first) else { return false }
        return key.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
    }

    private static func isValue(_ value: Substring) -> Bool {
        (1...256).contains(value.utf8.count) && value.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x3D }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
