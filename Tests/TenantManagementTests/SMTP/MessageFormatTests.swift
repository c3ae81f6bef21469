import Foundation
import Primitives
import TenantManagement
import Testing

@Suite struct MessageFormatTests {
    /// 2026-01-05T10:00:00Z, a Monday.
    private let id = Identifier.v7(at: Timestamp(seconds: 1_767_607_200))

    private func message(
        subject: String = "Hello", text: String = "Text", to recipient: String = "lead@example.com",
        from: String = "Arc <arc@example.com>"
    ) -> String {
        MessageFormat.rfc5322(Mail(id: id, recipient: recipient, subject: subject, text: text), from: from)
    }

    /// The header's fields, unfolded, and the body.
    private func parts(_ message: String) throws -> (fields: [(name: String, value: String)], body: String) {
        let range = try #require(message.range(of: "\r\n\r\n"))
        let header = message[..<range.lowerBound].replacingOccurrences(of: "\r\n ", with: " ")
        let fields = header.components(separatedBy: "\r\n").map { line in
            let pieces = line.components(separatedBy: ": ")
            return (pieces[0], pieces.dropFirst().joined(separator: ": "))
        }
        return (fields, String(message[range.upperBound...]))
    }

    private func field(_ name: String, of message: String) throws -> String {
        let values = try parts(message).fields.filter { $0.name == name }.map(\.value)
        try #require(values.count == 1)
        return values[0]
    }

    private func decodedWords(_ value: String) throws -> String {
        var bytes = Data()
        for word in value.split(separator: " ") {
            try #require(word.hasPrefix("=?UTF-8?B?") && word.hasSuffix("?="))
            let piece = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
            // Each word must be whole characters.
            try #require(String(data: piece, encoding: .utf8) != nil)
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func decodedBody(_ message: String) throws -> String {
        var bytes: [UInt8] = []
        var rest = Array(try parts(message).body.replacingOccurrences(of: "=\r\n", with: "").utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "=") {
                bytes.append(try #require(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)))
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a plain mail has these headers and this body`() {
        #expect(
            message(subject: "Please confirm", text: "Hello,\n\nopen https://a.example/x?code=1")
                == """
                Date: Mon, 05 Jan 2026 10:00:00 +0000
                Message-ID: <\(id)@example.com>
                From: "Arc" <arc@example.com>
                To: lead@example.com
                Subject: Please confirm
                Auto-Submitted: auto-generated
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                Hello,

                open https://a.example/x?code=3D1

                """.replacingOccurrences(of: "\n", with: "\r\n"))
    }

    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 +0000"), (951_827_696, "Tue, 29 Feb 2000 12:34:56 +0000"),
        (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 +0000"),
    ])
    func `the date is that of the identifier`(seconds: Int64, expected: String) throws {
        let id = Identifier(high: UInt64(seconds * 1000) << 16 | 0x7000, low: 0x8000_0000_0000_0000)
        let mail = Mail(id: id, recipient: "a@b", subject: "", text: "")
        #expect(try field("Date", of: MessageFormat.rfc5322(mail, from: "a@b")) == expected)
    }

    @Test(arguments: [
        "Grüße", "日本語の件名がとても長いので、複数の行に分けなければなりません。確認してください。", "=?UTF-8?B?SGk=?=", "a =?b",
        String(repeating: "long ", count: 40), String(repeating: "x", count: 2000), "👩‍👩‍👧‍👦 family",
    ])
    func `a subject that is not plain is made of encoded words`(subject: String) throws {
        let message = message(subject: subject)
        #expect(try decodedWords(field("Subject", of: message)) == subject)
        for line in message.components(separatedBy: "\r\n") { #expect(line.utf8.count <= 76) }
    }

    @Test func `a plain subject of a whole line stays as it is`() throws {
        let subject = String(repeating: "s", count: 69)
        #expect(try field("Subject", of: message(subject: subject)) == subject)
        #expect(try field("Subject", of: message(subject: subject + "s")) != subject + "s")
    }

    @Test(arguments: ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\u{0}", "\u{1B}"])
    func `nothing that people type becomes a header`(separator: String) throws {
        let attack = "x\(separator)Bcc: everybody@example.com\(separator)\(separator)y"
        let message = message(subject: attack, to: "a@b\(separator)Bcc: c@d", from: "\(attack) <a@b>")
        let names = try parts(message).fields.map(\.name)
        #expect(
            names == [
                "Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
                "Content-Transfer-Encoding",
            ])
        #expect(try field("To", of: message) == "undisclosed-recipients:;")
        #expect(try field("Subject", of: message).hasPrefix("x"))
        #expect(try parts(message).body == "Text\r\n")
    }

    @Test func `the sender's name is quoted or encoded`() throws {
        #expect(try field("From", of: message(from: #"A "B" \C <a@b>"#)) == #""A \"B\" \\C" <a@b>"#)
        #expect(try field("From", of: message(from: "a@b")) == "a@b")
        let international = try field("From", of: message(from: "Jürgen Größe <a@b>"))
        let words = try #require(international.components(separatedBy: " <").first)
        #expect(try decodedWords(words) == "Jürgen Größe")
        #expect(international.hasSuffix(" <a@b>"))
    }

    @Test(arguments: [
        "plain", "", "a=b", "tab\tand space ", " ", "trailing tab\t", "Grüße 👋", "dots\n.\n..\n.x", "a\r\nb\rc\nd\n\n",
        String(repeating: "0123456789", count: 30), String(repeating: "ü", count: 100),
        String(repeating: " ", count: 200),
        "null \u{0} bell \u{7} nel \u{85}",
    ])
    func `a body survives quoted-printable`(text: String) throws {
        let message = message(text: text)
        var expected = text.replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\r", with: "\n")
        if !expected.isEmpty, !expected.hasSuffix("\n") { expected += "\n" }
        #expect(try decodedBody(message) == expected.replacingOccurrences(of: "\n", with: "\r\n"))
        let body = try parts(message).body
        for line in body.components(separatedBy: "\r\n") {
            #expect(line.utf8.count <= 76)
            #expect(!line.hasSuffix(" ") && !line.hasSuffix("\t"))
            #expect(line.utf8.allSatisfy { $0 == 9 || (0x20...0x7E).contains($0) })
        }
    }

    @Test(arguments: 70...80)
    func `lines around the limit are broken as late as possible`(length: Int) throws {
        let body = try parts(message(text: String(repeating: "x", count: length))).body
        #expect(body.components(separatedBy: "\r\n").count == (length <= 76 ? 2 : 3))
        // An escape is never cut.
        let escaped = try decodedBody(message(text: String(repeating: "x", count: length) + "="))
        #expect(escaped == String(repeating: "x", count: length) + "=\r\n")
    }
}
