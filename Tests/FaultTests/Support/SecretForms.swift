import Foundation
import Primitives

/// The texts under which a secret may be found: as it is, in base64 (at any place of a longer text), hexadecimal, escaped in a URL, and
/// escaped in JSON.
struct SecretForms {
    let name: String
    private let forms: [String]

    init(_ name: String, _ secret: String) {
        self.name = name
        let bytes = Array(secret.utf8)
        let hexadecimal = Hex.encode(bytes)
        var forms = [
            secret, hexadecimal, hexadecimal.uppercased(), secret.replacingOccurrences(of: "/", with: "\\/"),
            secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret,
            secret.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) ?? secret,
        ]
        for offset in 0..<3 {
            let text = Data([UInt8](repeating: 0, count: offset) + bytes).base64EncodedString()
            // The characters at both ends depend on what is around the secret.
            let end = (offset + bytes.count) % 3 == 0 ? text.count : text.count - (text.hasSuffix("==") ? 3 : 2)
            let inner = String(text.prefix(end).dropFirst([0, 2, 3][offset]))
            forms += [inner, inner.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")]
        }
        self.forms = forms
    }

    /// Whether a text has the secret in one of the forms.
    func isIn(_ text: String) -> Bool { forms.contains { text.contains($0) } }
}
