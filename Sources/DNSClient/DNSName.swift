/// A domain name in the form in which DNS compares names: lower case, without the dot at its end.
///
/// Labels are limited to the characters of host names and the underscore, which names of records such as `_dmarc` begin with.
package struct DNSName: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// Longest name without the dot at its end (RFC 1035 section 2.3.4).
    static let maximumLength = 253
    static let maximumLabelLength = 63

    /// Nil for a text that is not the name of a record.
    package init?(_ text: String) {
        var name = text.utf8[...]
        if name.last == UInt8(ascii: ".") { name = name.dropLast() }
        guard (1...Self.maximumLength).contains(name.count) else { return nil }
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy({ (1...Self.maximumLabelLength).contains($0.count) && $0.allSatisfy(Self.isAllowed) })
        else { return nil }
        self.text = String(decoding: name.map(Self.lowercased), as: UTF8.self)
    }

    /// A name from a message. It may have characters that no name in a query has; then it equals none of them.
    init(labels: [[UInt8]]) {
        text = labels.map { label in
            String(decoding: label.map(Self.lowercased), as: UTF8.self).replacing(".", with: "\\.")
        }.joined(separator: ".")
    }

    package var description: String { text }

    /// The labels as a message contains them: each after its length, the empty one at the end.
    var wireFormat: [UInt8] {
        text.utf8.split(separator: UInt8(ascii: ".")).reduce(into: []) { bytes, label in
            bytes.append(UInt8(truncatingIfNeeded: label.count))
            bytes.append(contentsOf: label)
        } + [0]
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
