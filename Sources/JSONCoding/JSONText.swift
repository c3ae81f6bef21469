/// A JSON document as text: what a `jsonb` column holds, which is handed on as it is unless somebody looks into it.
package struct JSONText: Sendable, Hashable {
    /// The document in UTF-8.
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The text of a value.
    package init(_ value: JSONValue) { bytes = value.serialized() }

    /// Reads the document.
    package func value() throws(JSONParseError) -> JSONValue { try JSONValue.parse(stored: bytes) }
}

extension JSONText: JSONWritable {
    package func write(to writer: inout JSONWriter) { writer.raw(bytes) }
}
