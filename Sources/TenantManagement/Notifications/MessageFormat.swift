import FoundationEssentials
import Primitives

/// Writes mails as text for mail servers.
package enum MessageFormat {
    /// A message of RFC 5322 with a UTF-8 text body in quoted-printable (RFC 2045), lines ended by CRLF.
    ///
    /// The same mail gives the same message: its date is that of its identifier (version 7), its `Message-ID` the
    /// identifier itself, so that a repeated delivery can be recognised. Control characters in what people have typed
    /// become spaces, so nothing of it can become a header.
    /// - Parameters:
    ///   - mail: The mail. A recipient that is no ``MailAddress`` is not named in the header.
    ///   - from: The sender, `arc@example.com` or `Arc <arc@example.com>`.
    package static func rfc5322(_ mail: Mail, from: String) -> String {
        rfc5322(mail, from: MailAddress(from))
    }

    /// The same from an address that is already read; nil for a sender that is not known.
    package static func rfc5322(_ mail: Mail, from sender: MailAddress?) -> String {
        let recipient = MailAddress(specification: mail.recipient)
        var headers = [
            "Date: \(date(mail.id.timestamp ?? SystemClock().now()))",
            "Message-ID: <\(mail.id)@\(sender?.domain ?? "localhost")>",
            "From: \(sender.map(mailbox) ?? "unknown@localhost")",
            "To: \(recipient.map(mailbox) ?? "undisclosed-recipients:;")",
            "Subject: \(words(mail.subject, lineUsed: "Subject: ".utf8.count))",
            // RFC 3834 section 5: keeps vacation notices and other robots from answering.
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
        ]
        // Whoever complains about a mail can say which trace it belongs to.
        if let trace = mail.trace { headers.append("Traceparent: \(trace)") }
        return headers.joined(separator: "\r\n") + "\r\n\r\n" + quotedPrintable(mail.text)
    }

    // MARK: Headers

    /// RFC 5322 section 3.3: `Mon, 05 Jan 2026 10:00:00 +0000`.
    private static func date(_ time: Timestamp) -> String {
        let (days, second) = Int(max(0, time.seconds)).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = GregorianCalendar.date(days: days)
        // 1970-01-01 was a Thursday.
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [second / 3600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
        return "\(weekdays[days % 7]), \(twoDigits(day)) \(months[month - 1]) \(year) \(clock) +0000"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func mailbox(_ address: MailAddress) -> String {
        guard let name = address.name.map(printable) else { return address.specification }
        // The address on the next line keeps both below the length limit of lines with encoded words.
        if needsEncoding(name) { return "\(encodedWords(name))\r\n <\(address.specification)>" }
        let quoted = name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"\(String(quoted))\" <\(address.specification)>"
    }

    /// Text of a header without structure, on as many lines as it needs.
    private static func words(_ text: String, lineUsed: Int) -> String {
        let text = printable(text)
        return needsEncoding(text) || lineUsed + text.utf8.count > 78 ? encodedWords(text) : text
    }

    /// The text with a space for each control character and line separator.
    private static func printable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// Beyond ASCII, or what would be read as an encoded word although it is not one.
    private static func needsEncoding(_ text: String) -> Bool {
        text.contains("=?") || !text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// RFC 2047 section 2: words of at most 75 characters, each of whole characters, on lines of at most 76.
    private static func encodedWords(_ text: String) -> String {
        // 12 characters of frame, 9 of `Subject: ` and 52 of base64, which are 39 bytes.
        let maximumBytes = 39
        var words: [String] = []
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            let next = UTF8.encode(scalar).map(Array.init) ?? []
            if bytes.count + next.count > maximumBytes {
                words.append("=?UTF-8?B?\(Data(bytes).base64EncodedString())?=")
                bytes.removeAll(keepingCapacity: true)
            }
            bytes += next
        }
        words.append("=?UTF-8?B?\(Data(bytes).base64EncodedString())?=")
        return words.joined(separator: "\r\n ")
    }

    // MARK: Body

    /// RFC 2045 section 6.7, with lines of at most 76 characters; any of CRLF, LF and CR ends a line of the text, and
    /// the last line is always ended.
    private static func quotedPrintable(_ text: String) -> String {
        var result: [UInt8] = []
        var line: [UInt8] = []
        var previous: UInt8?
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\r"): appendLine(&line, to: &result)
            case UInt8(ascii: "\n"): if previous != UInt8(ascii: "\r") { appendLine(&line, to: &result) }
            default: line.append(byte)
            }
            previous = byte
        }
        if !line.isEmpty { appendLine(&line, to: &result) }
        return String(decoding: result, as: UTF8.self)
    }

    private static func appendLine(_ line: inout [UInt8], to result: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        var column = 0
        for (index, byte) in line.enumerated() {
            let isLast = index == line.count - 1
            let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
            let isLiteral = isBlank ? !isLast : (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
            let width = isLiteral ? 1 : 3
            // The last place is for the soft line break, unless nothing follows.
            if column + width > (isLast ? 76 : 75) {
                result += "=\r\n".utf8
                column = 0
            }
            column += width
            if isLiteral {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        result += "\r\n".utf8
        line.removeAll(keepingCapacity: true)
    }
}
