package import JSONCoding

/// What the renderer says: a greeting once, then one reply for each document. A drawn document's file follows as a frame.
package enum PDFReply: Sendable, Hashable {
    /// The renderer is ready. `engine` names it with its version.
    case ready(engine: String)
    /// The document is drawn.
    case drawn(pages: Int, missing: [MissingScript])
    /// The document cannot be drawn; the renderer goes on with the next one.
    case failed(reason: String)
}

/// Characters of one script that no installed font has.
package struct MissingScript: Sendable, Hashable {
    /// ISO 15924 code, such as `Deva`; `Zyyy` for signs that all scripts share.
    package let script: String
    /// How many characters were drawn as a box with their code.
    package let count: Int
    /// Some of them, as `U+0928`.
    package let examples: [String]

    package init(script: String, count: Int, examples: [String]) {
        self.script = script
        self.count = count
        self.examples = examples
    }
}

extension PDFReply: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .ready(let engine):
            writer.member("ready", engine)
        case .drawn(let pages, let missing):
            writer.member("pages", pages)
            writer.member("missing", missing)
        case .failed(let reason):
            writer.member("failed", reason)
        }
        writer.endObject()
    }

    /// Reads a reply.
    /// - Throws: ``PDFProtocolError`` when it is not a reply.
    package init(_ frame: [UInt8]) throws(PDFProtocolError) {
        let json: JSONValue
        do { json = try JSONValue.parse(frame) } catch { throw PDFProtocolError(member: "JSON") }
        if let engine = json["ready"]?.stringValue {
            self = .ready(engine: engine)
        } else if let reason = json["failed"]?.stringValue {
            self = .failed(reason: reason)
        } else if let pages = json["pages"]?.intValue, let missing = json["missing"]?.arrayValue {
            self = .drawn(
                pages: pages,
                missing: missing.map { entry in
                    MissingScript(
                        script: entry["script"]?.stringValue ?? "", count: entry["count"]?.intValue ?? 0,
                        examples: entry["examples"]?.arrayValue?.compactMap(\.stringValue) ?? [])
                })
        } else {
            throw PDFProtocolError(member: "reply")
        }
    }
}

extension MissingScript: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("script", script)
        writer.member("count", count)
        writer.member("examples", examples)
        writer.endObject()
    }
}
