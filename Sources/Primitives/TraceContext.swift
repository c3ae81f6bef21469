/// A place in a distributed trace: the `traceparent` of W3C Trace Context, version 00, checked once where it enters.
///
/// Requests carry it in a header, events in their envelope; what a request or an event causes carries it on.
package struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    /// `00-<trace, 32 hex>-<parent, 16 hex>-<flags, 2 hex>`, as the header and the database columns have it.
    package let traceparent: String

    /// Reads a `traceparent`.
    /// - Returns: Nil for a text of another form, in upper case, or whose trace or parent is zero: W3C Trace Context
    ///   demands that such a value is dropped.
    package init?(_ text: String) {
        guard Self.isValid(text) else { return nil }
        traceparent = text
    }

    package var description: String { traceparent }

    private static func isValid(_ text: String) -> Bool {
        let fields = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard fields.count == 4, fields.map(\.count) == [2, 32, 16, 2], fields[0].elementsEqual("00".utf8) else {
            return false
        }
        return fields.allSatisfy { $0.allSatisfy(isLowerCaseHex) } && isNotZero(fields[1]) && isNotZero(fields[2])
    }

    private static func isLowerCaseHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isNotZero(_ digits: some Sequence<UInt8>) -> Bool {
        digits.contains { $0 != UInt8(ascii: "0") }
    }
}
