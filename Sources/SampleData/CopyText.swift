import Primitives

/// A value of a row in the text format of COPY.
enum CopyValue {
    case null
    case text(String)
    case int(Int)
    case bool(Bool)
    case identifier(Identifier)
    case instant(Timestamp)

    /// NULL for nil.
    static func identifier(ifPresent value: Identifier?) -> CopyValue { value.map { .identifier($0) } ?? .null }
}

/// Rows of a table in the text format of COPY.
struct CopyText {
    /// Schema, name and columns.
    let target: String
    private(set) var bytes: [UInt8] = []
    private(set) var rows = 0

    init(_ table: String, _ columns: [String]) {
        target = "main.\(table) (\(columns.joined(separator: ", ")))"
    }

    /// Starts again with no rows; the memory is kept.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        rows = 0
    }

    /// Adds a row with a value for each column.
    mutating func add(_ values: [CopyValue]) {
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "\t")) }
            append(value)
        }
        bytes.append(UInt8(ascii: "\n"))
        rows += 1
    }

    private mutating func append(_ value: CopyValue) {
        switch value {
        case .null: bytes.append(contentsOf: #"\N"#.utf8)
        case .text(let text): appendEscaped(text)
        case .int(let number): bytes.append(contentsOf: String(number).utf8)
        case .bool(let flag): bytes.append(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .identifier(let identifier): identifier.append(to: &bytes)
        case .instant(let instant): instant.append(to: &bytes)
        }
    }

    private mutating func appendEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
            default: bytes.append(byte)
            }
        }
    }
}
