/// The form of a `traceparent` of version 00 (W3C Trace Context, "traceparent Header Field Values").
enum Traceparent {
    /// Whether the text is `00-<32 hex>-<16 hex>-<2 hex>` in lower case with a trace and a parent that are not zero.
    static func isValid(_ text: String) -> Bool {
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
