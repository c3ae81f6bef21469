/// What a mail server answers (RFC 5321 section 4.2): a code and one or more lines of text.
package struct SMTPReply: Sendable, Hashable {
    /// 200...599.
    package let code: Int
    /// The lines without code and line end. They may repeat addresses: never to be logged.
    package let lines: [String]

    /// Makes a reply.
    package init(code: Int, lines: [String]) {
        self.code = code
        self.lines = lines
    }

    /// The status in front of the text, `5.1.1`, when the server gives one (RFC 3463).
    package var enhancedStatus: String? {
        guard let word = lines.first?.split(separator: " ", maxSplits: 1).first else { return nil }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, ["2", "4", "5"].contains(parts[0]),
            parts.allSatisfy({ (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy(SMTPReplyParser.isDigit) })
        else { return nil }
        return String(word)
    }
}

/// Why bytes are no reply.
package enum SMTPReplyError: Error, Sendable, Hashable {
    /// No three digits in range, no separator, or lines of one reply with different codes.
    case malformed
    /// More than ``SMTPReplyParser/maximumLength`` bytes without an end.
    case tooLong
}

/// Cuts replies out of the bytes that a mail server sends, as they come.
package struct SMTPReplyParser: Sendable {
    /// The most bytes of one reply, all lines together. RFC 5321 section 4.5.3.1.5 lets a line have 512.
    package static let maximumLength = 16 << 10

    private var unread: [UInt8] = []
    /// Where the next line starts; the bytes before it are read.
    private var lineStart = 0
    /// Up to where no line end has been found.
    private var searched = 0
    private var code: Int?
    private var lines: [String] = []

    /// Makes a parser at the start of a reply.
    package init() {}

    /// Whether bytes are left behind the last reply.
    package var hasUnread: Bool { !unread.isEmpty || code != nil }

    /// Takes bytes from the server. Call ``next()`` before giving it more.
    package mutating func append(_ bytes: some Sequence<UInt8>) { unread += bytes }

    /// The next reply, or nil while it is not complete.
    /// - Throws: ``SMTPReplyError``. Nothing can be read afterwards.
    package mutating func next() throws(SMTPReplyError) -> SMTPReply? {
        while let end = unread[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            guard end < Self.maximumLength else { throw .tooLong }
            let isLast = try takeLine(unread[lineStart..<end])
            lineStart = end + 1
            searched = lineStart
            guard isLast, let code else { continue }
            let reply = SMTPReply(code: code, lines: lines)
            unread.removeFirst(lineStart)
            (lineStart, searched, lines, self.code) = (0, 0, [], nil)
            return reply
        }
        searched = unread.count
        guard unread.count <= Self.maximumLength else { throw .tooLong }
        return nil
    }

    /// Returns whether the line ends the reply.
    private mutating func takeLine(_ line: ArraySlice<UInt8>) throws(SMTPReplyError) -> Bool {
        var line = line
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy(Self.isDigit) else { throw .malformed }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard (200...599).contains(value), code == nil || code == value else { throw .malformed }
        code = value
        let separator = line.dropFirst(3).first
        guard separator == nil || separator == UInt8(ascii: " ") || separator == UInt8(ascii: "-") else {
            throw .malformed
        }
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        return separator != UInt8(ascii: "-")
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
