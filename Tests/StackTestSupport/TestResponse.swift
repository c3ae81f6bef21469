package import JSONCoding
import TestSupport

/// An answer, with shortcuts into the two forms of errors.
package struct TestResponse: Sendable {
    /// HTTP status.
    package let status: Int
    /// Headers by name in lower case; the last one of a name.
    package let headers: [String: String]
    /// The body.
    package let bytes: [UInt8]
    /// The body as JSON; null if it is not JSON.
    package let json: JSONValue

    package init(status: Int, headers: [String: String], bytes: [UInt8]) {
        self.status = status
        self.headers = headers
        self.bytes = bytes
        json = bytes.isEmpty ? .null : (try? JSONValue.parse(stored: bytes)) ?? .null
    }

    /// The body as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Text of the envelope's message.
    package var message: String { json["error"]?["message"]?.stringValue ?? "" }

    /// Name of the envelope.
    package var errorName: String { json["error"]?["name"]?.stringValue ?? "" }

    /// Code of the envelope.
    package var errorCode: String { json["error"]?["code"]?.stringValue ?? "" }

    /// The details of the envelope.
    package var details: [JSONValue] { json["error"]?["details"]?.arrayValue ?? [] }

    /// `path: code` of every detail.
    package var violations: [String] {
        details.map { "\($0["path"]?.stringValue ?? "?"): \($0["code"]?.stringValue ?? "?")" }
    }

    /// A member of the body that must be text.
    /// - Throws: ``TestFailure`` that shows the body.
    package func string(_ member: String) throws -> String {
        guard let text = json[member]?.stringValue else { throw TestFailure("no \(member) in \(status) \(text)") }
        return text
    }

    /// Insists on a status.
    /// - Throws: ``TestFailure`` that shows the body.
    @discardableResult
    package func expect(_ wanted: Int) throws -> TestResponse {
        guard status == wanted else {
            throw TestFailure("answered \(status) instead of \(wanted): \(text.prefix(800))")
        }
        return self
    }
}
