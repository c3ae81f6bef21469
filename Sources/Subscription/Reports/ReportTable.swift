import Entities
import JSONCoding

/// A report: rows of named values, as JSON and as CSV.
struct ReportTable: Sendable {
    /// A column; its name is that of the member in JSON.
    struct Column: Sendable {
        let name: String
        let schema: Schema

        init(_ name: String, _ schema: Schema, _ description: String) {
            self.name = name
            self.schema = schema.described(description)
        }
    }

    let columns: [Column]
    /// Each with a value for every column.
    var rows: [[JSONValue]]

    /// The rows as JSON.
    /// - Parameter report: The name of the report, `mrrItems`.
    static func schema(_ columns: [Column], of report: String) -> Schema {
        .array(
            of: .object(
                columns.map { .init($0.name, $0.schema, required: true) },
                name: "Report\(report.prefix(1).uppercased())\(report.dropFirst())"))
    }

    /// An array of objects.
    func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            for (column, value) in zip(columns, row) {
                writer.key(column.name)
                writer.value(value)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    /// RFC 4180, with a line of the names of the columns.
    var csv: String {
        let lines = [columns.map { Self.cell(.string($0.name)) }] + rows.map { $0.map(Self.cell) }
        return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    /// A value. Spreadsheets compute what begins like a formula; with a quote before it, it is text. Numbers are what they are.
    static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: return ""
        case .string(var text):
            // Blanks before it, and the wide forms of East Asian texts, do not make it another one.
            let first = text.unicodeScalars.first { $0 != " " && $0 != "\u{a0}" && $0 != "\u{3000}" }
            if let first, "=+-@\t\r\n|%＝＋－＠｜％".unicodeScalars.contains(first) { text = "'" + text }
            guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
            return "\"" + text.replacing("\"", with: "\"\"") + "\""
        default: return String(decoding: value.serialized(), as: UTF8.self)
        }
    }
}
