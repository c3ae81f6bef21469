import Foundation
import TestSupport

/// The folder into which `NOTIFICATION_TRANSPORT=file` writes mails, read as a person reads a mailbox.
package struct MailFolder: Sendable {
    /// Its path.
    package let path: String

    package init(path: String) { self.path = path }

    /// A new folder with a unique name.
    package static func make() throws -> MailFolder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("arc-mails-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return MailFolder(path: url.path)
    }

    /// The texts of all mails, oldest first, with quoted-printable decoded.
    package func mails() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".eml") }.sorted().compactMap { name in
            guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else { return nil }
            let text = String(decoding: data, as: UTF8.self)
            guard text.lowercased().contains("content-transfer-encoding: quoted-printable") else { return text }
            return Self.decodeQuotedPrintable(data)
        }
    }

    /// The mail that contains a text, waiting until it comes.
    package func mail(containing text: String) async throws -> String {
        try await eventually("a mail that contains \(text)") { mails().first { $0.contains(text) } }
    }

    /// The key in the mail that asks a lead to prove the address.
    package func key(ofLead lead: String) async throws -> String {
        let marker = "/\(lead)?code="
        let mail = try await mail(containing: marker)
        guard let range = mail.firstRange(of: marker) else { throw TestFailure("no key in the mail") }
        return String(mail[range.upperBound...].prefix { $0.isHexDigit })
    }

    /// Removes it.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// RFC 2045 section 6.7: soft line breaks joined, escapes resolved.
    private static func decodeQuotedPrintable(_ data: Data) -> String {
        let joined = String(decoding: data, as: UTF8.self).replacing("=\r\n", with: "").replacing("=\n", with: "")
        var bytes: [UInt8] = []
        var rest = joined.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "="), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
