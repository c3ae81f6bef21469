import Primitives

extension JSONValue {
    /// The text of `JSON.stringify(JSON.parse(text))` for the text that this value was parsed from
    /// (docs/contract/arc-api.md 9.4).
    ///
    /// Members whose key is an array index (`0`...`4294967294` without leading zeros) come first, ascending; numbers
    /// are rounded to a double and written as JavaScript writes them (too large ones become `null`); non-ASCII
    /// characters stay as they are.
    package func javaScriptSerialized() -> [UInt8] {
        var writer = JSONWriter()
        writeAsJavaScript(to: &writer)
        return writer.bytes
    }

    private func writeAsJavaScript(to writer: inout JSONWriter) {
        switch self {
        case .null, .bool, .string: write(to: &writer)
        case .number(let number): writer.double(number.double)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.writeAsJavaScript(to: &writer) }
            writer.endArray()
        case .object(let object):
            var indexed: [(index: UInt32, key: String, value: JSONValue)] = []
            var named: [JSONObject.Element] = []
            for (key, value) in object {
                if let index = JSONValue.arrayIndex(key) {
                    indexed.append((index, key, value))
                } else {
                    named.append((key, value))
                }
            }
            indexed.sort { $0.index < $1.index }
            writer.beginObject()
            for (_, key, value) in indexed {
                writer.key(key)
                value.writeAsJavaScript(to: &writer)
            }
            for (key, value) in named {
                writer.key(key)
                value.writeAsJavaScript(to: &writer)
            }
            writer.endObject()
        }
    }

    /// The number of a key that is an array index (ECMAScript, section 6.1.7).
    private static func arrayIndex(_ key: String) -> UInt32? {
        guard let first = key.utf8.first, first != UInt8(ascii: "0") || key.utf8.count == 1,
            key.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let index = UInt32(key), index != .max
        else { return nil }
        return index
    }
}

/// Numbers as JavaScript writes them.
enum JavaScriptNumber {
    /// Appends `Number::toString` (ECMAScript, section 6.1.6.1.20); `null` for what JSON does not have.
    static func append(_ value: Double, to bytes: inout [UInt8]) {
        guard value.isFinite else { return bytes.append(contentsOf: "null".utf8) }
        if value.magnitude < 9_007_199_254_740_992, value == value.rounded(.towardZero) {
            return bytes.append(contentsOf: String(Int64(value)).utf8)
        }
        // Swift gives the shortest digits that read back as the same number, as JavaScript does; the layout differs.
        guard let decimal = DecimalNumber(value.description) else { return }
        let digits = decimal.digits.map { $0 + UInt8(ascii: "0") }
        let point = digits.count + decimal.exponent
        if decimal.isNegative { bytes.append(UInt8(ascii: "-")) }
        switch point {
        case digits.count...21 where digits.count <= 21:
            bytes.append(contentsOf: digits)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: point - digits.count))
        case 1...21:
            bytes.append(contentsOf: digits[..<point])
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: digits[point...])
        case -5...0:
            bytes.append(contentsOf: "0.".utf8)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -point))
            bytes.append(contentsOf: digits)
        default:
            bytes.append(contentsOf: digits[..<1])
            if digits.count > 1 {
                bytes.append(UInt8(ascii: "."))
                bytes.append(contentsOf: digits[1...])
            }
            bytes.append(contentsOf: point > 0 ? "e+".utf8 : "e-".utf8)
            bytes.append(contentsOf: String(abs(point - 1)).utf8)
        }
    }
}
