/// A file within a finished document: the data of an electronic invoice, as Factur-X describes it.
///
/// It is added as a later version of the document (ISO 32000-1, 7.5.6): the bytes of the drawing stay as they are, and what follows
/// them is the file, where to find it, and another catalog.
package struct PDFAttachment: Sendable {
    /// Letters, digits, hyphens and points.
    package let name: String
    package let content: [UInt8]
    /// XMP: what the document says of itself.
    package let metadata: String
    /// `2026-01-05`.
    package let date: String

    package init(name: String, content: [UInt8], metadata: String, date: String) {
        self.name = name
        self.content = content
        self.metadata = metadata
        self.date = date
    }

    /// The document with the file.
    /// - Returns: nil for a document that is not written as Cairo does it.
    package func added(to document: [UInt8]) -> [UInt8]? {
        guard let old = Trailer(document) else { return nil }
        var file = document
        if file.last != UInt8(ascii: "\n") { file.append(UInt8(ascii: "\n")) }
        var offsets: [(object: Int, offset: Int)] = []
        func begin(_ object: Int) {
            offsets.append((object, file.count))
            file += "\(object) 0 obj\n".utf8
        }
        func stream(_ object: Int, _ dictionary: String, _ bytes: [UInt8]) {
            begin(object)
            file += "<< \(dictionary) /Length \(bytes.count) >>\nstream\n".utf8
            file += bytes
            file += "\nendstream\nendobj\n".utf8
        }
        let (data, specification, description) = (old.size, old.size + 1, old.size + 2)
        let day = date.filter { $0 != "-" }
        stream(
            data,
            "/Type /EmbeddedFile /Subtype /text#2Fxml /Params << /Size \(content.count) /ModDate (D:\(day)000000Z) >>",
            content)
        begin(specification)
        file +=
            "<< /Type /Filespec /F (\(name)) /UF (\(name)) /AFRelationship /Alternative /EF << /F \(data) 0 R /UF \(data) 0 R >> >>\nendobj\n"
            .utf8
        stream(description, "/Type /Metadata /Subtype /XML", Array(metadata.utf8))
        begin(old.root)
        file +=
            "<< \(old.catalog) /Names << /EmbeddedFiles << /Names [ (\(name)) \(specification) 0 R ] >> >> /AF [ \(specification) 0 R ] /Metadata \(description) 0 R >>\nendobj\n"
            .utf8
        let start = file.count
        file += "xref\n".utf8
        for (object, offset) in offsets.sorted(by: { $0.object < $1.object }) {
            let digits = String(offset)
            file +=
                "\(object) 1\n\(String(repeating: "0", count: max(0, 10 - digits.utf8.count)))\(digits) 00000 n \n".utf8
        }
        let info = old.info.map { " /Info \($0) 0 R" } ?? ""
        file +=
            "trailer\n<< /Size \(old.size + 3) /Root \(old.root) 0 R\(info) /Prev \(old.start) >>\nstartxref\n\(start)\n%%EOF\n"
            .utf8
        return file
    }

    /// What the trailer of a document says.
    private struct Trailer {
        let size: Int
        let root: Int
        let info: Int?
        /// Offset of its cross-reference table.
        let start: Int
        /// The members of its catalog.
        let catalog: String

        init?(_ file: [UInt8]) {
            // It is short, and the last part of the file.
            let tail = String(decoding: file.suffix(1024), as: UTF8.self)
            guard let trailer = tail.firstRange(of: "trailer") else { return nil }
            let end = tail[trailer.upperBound...]
            guard let size = Self.number(after: "/Size", in: end), let root = Self.number(after: "/Root", in: end),
                let start = Self.number(after: "startxref", in: end), start < file.count
            else { return nil }
            (self.size, self.root, self.start) = (size, root, start)
            info = Self.number(after: "/Info", in: end)
            // Cairo writes the catalog last, right before the table.
            let before = String(decoding: file[max(0, start - 4096)..<start], as: UTF8.self)
            guard let head = before.firstRange(of: "\n\(root) 0 obj\n<<") else { return nil }
            let body = before[head.upperBound...]
            guard let close = body.firstRange(of: ">>\nendobj"), !body[..<close.lowerBound].contains("<<") else {
                return nil
            }
            catalog = body[..<close.lowerBound].split { $0 == "\n" || $0 == " " }.joined(separator: " ")
        }

        private static func number(after name: String, in text: Substring) -> Int? {
            guard let place = text.firstRange(of: name) else { return nil }
            return Int(text[place.upperBound...].drop { $0 == " " || $0 == "\n" }.prefix { $0.isNumber })
        }
    }
}
