/// What statements do, in few words: `SELECT main.tenants`. Made of verbs and names of tables alone, so it has no data, and
/// there are few different ones (semantic conventions, "db.query.summary").
enum StatementSummary {
    /// Longest text that is looked at, and longest summary, in bytes.
    private static let maximumScan = 4000
    private static let maximumLength = 255
    /// Most statements of a batch that are named.
    private static let maximumStatements = 8

    /// The summary of a request.
    static func text(of statements: [BoundStatement]) -> String {
        var parts: [String] = []
        for statement in statements.prefix(maximumStatements) {
            let part = text(of: statement.sql)
            if part != parts.last { parts.append(part) }
        }
        if statements.count > maximumStatements { parts.append("…") }
        let text = parts.joined(separator: "; ")
        return text.utf8.count <= maximumLength ? text : String(text.prefix(maximumLength - 3)) + "…"
    }

    /// The summary of a statement: each verb with the first table that it concerns.
    static func text(of sql: String) -> String {
        var words = Words(sql.utf8.prefix(maximumScan))
        guard let first = words.next() else { return "" }
        var parts: [String] = []
        /// The verb whose table comes next.
        var awaitsTable = false
        /// A SELECT or DELETE whose FROM comes later.
        var awaitsFrom = false
        var previous = Substring()
        var word: Substring? = first
        while let current = word {
            defer { previous = current }
            word = words.next()
            switch current {
            case "SELECT", "DELETE":
                parts.append(String(current))
                (awaitsTable, awaitsFrom) = (false, true)
            case "INSERT":
                parts.append(String(current))
                (awaitsTable, awaitsFrom) = (false, false)
            case "UPDATE" where previous != "FOR" && previous != "DO" && previous != "KEY":
                parts.append(String(current))
                (awaitsTable, awaitsFrom) = (true, false)
            // extract(epoch FROM …)
            case "FROM" where previous == "epoch": continue
            case "INTO": awaitsTable = previous == "INSERT"
            case "FROM": (awaitsTable, awaitsFrom) = (awaitsFrom, false)
            case "(": awaitsTable = false
            default:
                guard awaitsTable, current != "ONLY", current != "LATERAL" else { continue }
                parts.append(String(current.filter { $0 != "\"" }))
                awaitsTable = false
            }
        }
        return parts.isEmpty ? String(first) : parts.joined(separator: " ")
    }
}

/// The words of a statement, quotes of names included, and its opening parentheses. Texts, comments, numbers and operators are left out.
private struct Words {
    private var rest: Substring.UTF8View

    init(_ text: Substring.UTF8View) { rest = text }

    mutating func next() -> Substring? {
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "'"): skip(past: UInt8(ascii: "'"))
            case UInt8(ascii: "-") where rest.dropFirst().first == UInt8(ascii: "-"):
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
            case UInt8(ascii: "("):
                rest = rest.dropFirst()
                return "("
            case _ where Self.isStart(byte):
                let end = rest.firstIndex { !Self.isPart($0) } ?? rest.endIndex
                defer { rest = rest[end...] }
                return Substring(rest[..<end])
            case _ where Self.isPart(byte):
                // A number or a parameter.
                rest = rest.drop(while: Self.isPart)
            default: rest = rest.dropFirst()
            }
        }
        return nil
    }

    private mutating func skip(past quote: UInt8) {
        rest = rest.dropFirst().drop { $0 != quote }.dropFirst()
    }

    private static func isStart(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "\"")
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        isStart(byte) || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "$")
    }
}
