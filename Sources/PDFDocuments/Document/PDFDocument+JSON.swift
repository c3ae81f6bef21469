package import JSONCoding
import Primitives

extension PDFDocument: JSONWritable {
    /// Writes the document as the renderer reads it.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("title", title)
        writer.member("subtitle", subtitle)
        writer.member("badge", badge.text)
        writer.member("tone", badge.tone.rawValue)
        if let sender {
            writer.member("senderLabel", sender.label)
            writer.member("senderName", sender.name)
            writer.member("senderLines", sender.lines)
        }
        writer.member("recipientLabel", recipient.label)
        writer.member("recipientName", recipient.name)
        writer.member("recipientLines", recipient.lines)
        writer.member("facts", facts)
        writer.member("columns", table.columns)
        writer.member("rows", table.rows)
        writer.member("totals", table.totals)
        if let carried = table.carried {
            writer.member("carriedLabel", carried.label)
            writer.member("broughtLabel", carried.broughtLabel)
            writer.member("carriedSums", carried.sums)
        }
        writer.member("notes", notes)
        writer.member("accent", accent)
        if !logo.isEmpty { writer.member("logo", Hex.encode(logo)) }
        writer.member("footer", footer)
        writer.member("created", created)
        writer.member("language", language)
        writer.member("fontFamily", fontFamily)
        writer.endObject()
    }

    /// Reads a document as it was written.
    /// - Throws: ``PDFProtocolError`` that names the member that is missing or of another type.
    package init(_ json: JSONValue) throws(PDFProtocolError) {
        func text(_ name: String) throws(PDFProtocolError) -> String {
            guard let text = json[name]?.stringValue else { throw PDFProtocolError(member: name) }
            return text
        }
        func fields(_ name: String) throws(PDFProtocolError) -> [Field] {
            guard let elements = json[name]?.arrayValue else { throw PDFProtocolError(member: name) }
            var fields: [Field] = []
            for element in elements {
                guard let label = element["label"]?.stringValue, let value = element["value"]?.stringValue else {
                    throw PDFProtocolError(member: name)
                }
                fields.append(Field(label, value))
            }
            return fields
        }
        func texts(_ value: JSONValue?, _ name: String) throws(PDFProtocolError) -> [String] {
            guard let elements = value?.arrayValue else { throw PDFProtocolError(member: name) }
            let texts = elements.compactMap(\.stringValue)
            guard texts.count == elements.count else { throw PDFProtocolError(member: name) }
            return texts
        }
        guard let tone = Badge.Tone(rawValue: try text("tone")) else { throw PDFProtocolError(member: "tone") }
        var columns: [Table.Column] = []
        for column in json["columns"]?.arrayValue ?? [] {
            guard let title = column["title"]?.stringValue, let share = column["share"]?.doubleValue, share > 0 else {
                throw PDFProtocolError(member: "columns")
            }
            columns.append(Table.Column(title, share: share, isAmount: column["isAmount"] == true))
        }
        guard !columns.isEmpty else { throw PDFProtocolError(member: "columns") }
        var rows: [[String]] = []
        for row in json["rows"]?.arrayValue ?? [] { rows.append(try texts(row, "rows")) }
        var sender: Recipient?
        if let name = json["senderName"]?.stringValue {
            sender = Recipient(
                label: try text("senderLabel"), name: name, lines: try texts(json["senderLines"], "senderLines"))
        }
        var carried: Table.Carried?
        if json["carriedSums"] != nil {
            carried = Table.Carried(
                label: try text("carriedLabel"), broughtLabel: try text("broughtLabel"),
                sums: try texts(json["carriedSums"], "carriedSums"))
            guard carried?.sums.count == rows.count else { throw PDFProtocolError(member: "carriedSums") }
        }
        guard let logo = Hex.decode(json["logo"]?.stringValue ?? "") else { throw PDFProtocolError(member: "logo") }
        self.init(
            title: try text("title"), subtitle: try text("subtitle"), badge: Badge(try text("badge"), tone: tone),
            recipient: Recipient(
                label: try text("recipientLabel"), name: try text("recipientName"),
                lines: try texts(json["recipientLines"], "recipientLines")),
            facts: try fields("facts"),
            table: Table(columns: columns, rows: rows, totals: try fields("totals"), carried: carried),
            footer: try text("footer"), created: try text("created"), language: try text("language"),
            fontFamily: try text("fontFamily"), sender: sender,
            notes: json["notes"] == nil ? [] : try texts(json["notes"], "notes"),
            accent: json["accent"]?.stringValue ?? "", logo: logo)
    }
}

extension PDFDocument.Field: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("label", label)
        writer.member("value", value)
        writer.endObject()
    }
}

extension PDFDocument.Table.Column: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("title", title)
        writer.member("share", share)
        writer.member("isAmount", isAmount)
        writer.endObject()
    }
}
