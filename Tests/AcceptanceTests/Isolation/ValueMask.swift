/// Makes texts equal that say the same about different values: a value becomes an ellipsis, and so does the beginning of
/// one that an error has shortened.
struct ValueMask {
    private static let ellipsis = Array("…".utf8)

    /// By first byte; the longest first, because one value may begin with another.
    private let values: [UInt8: [[UInt8]]]
    private let longest: Int

    init(_ values: [String]) {
        let all = values.map { Array($0.utf8) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
        self.values = Dictionary(grouping: all) { $0[0] }
        longest = all.first?.count ?? 0
    }

    func masked(_ text: String) -> String {
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let first = rest.first {
            if let value = value(at: rest, first) {
                output += Self.ellipsis
                rest = rest.dropFirst(value.count)
            } else if rest.starts(with: Self.ellipsis) {
                output.removeLast(beginning(endOf: output))
                output += Self.ellipsis
                rest = rest.dropFirst(Self.ellipsis.count)
            } else {
                output.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private func value(at text: ArraySlice<UInt8>, _ first: UInt8) -> [UInt8]? {
        values[first]?.first {
            // The last byte first: it is rarely equal, and quickly compared.
            $0.count <= text.count && text[text.startIndex + $0.count - 1] == $0.last && text.starts(with: $0)
        }
    }

    /// How many bytes at the end of a text are the beginning of a value, at most.
    private func beginning(endOf text: [UInt8]) -> Int {
        stride(from: min(longest - 1, text.count), to: 0, by: -1).first { length in
            let end = text[(text.count - length)...]
            return values[text[end.startIndex]]?.contains { $0.count > length && $0.starts(with: end) } ?? false
        } ?? 0
    }
}
