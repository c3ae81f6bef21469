import TenantManagement
import Testing

@Suite struct SMTPReplyParserTests {
    private func replies(_ text: String) throws -> [SMTPReply] {
        var parser = SMTPReplyParser()
        parser.append(text.utf8)
        var result: [SMTPReply] = []
        while let reply = try parser.next() { result.append(reply) }
        return result
    }

    @Test func `replies of one and of several lines are read`() throws {
        #expect(
            try replies("220 mail.example ready\r\n250-first\r\n250-\r\n250 last\r\n354\r\n") == [
                SMTPReply(code: 220, lines: ["mail.example ready"]),
                SMTPReply(code: 250, lines: ["first", "", "last"]),
                SMTPReply(code: 354, lines: [""]),
            ])
    }

    @Test func `bytes may come one by one`() throws {
        var parser = SMTPReplyParser()
        let text = "250-a\r\n250 b\r\n"
        for byte in text.utf8.dropLast() {
            parser.append(CollectionOfOne(byte))
            #expect(try parser.next() == nil)
            #expect(parser.hasUnread)
        }
        parser.append("\n".utf8)
        #expect(try parser.next() == SMTPReply(code: 250, lines: ["a", "b"]))
        #expect(!parser.hasUnread)
        #expect(try parser.next() == nil)
    }

    @Test func `what follows a reply stays unread`() throws {
        var parser = SMTPReplyParser()
        parser.append("220 go\r\n2".utf8)
        #expect(try parser.next()?.code == 220)
        #expect(parser.hasUnread)
    }

    @Test(arguments: [
        "\r\n", "25\r\n", "2x0 text\r\n", "250+text\r\n", "199 text\r\n", "600 text\r\n",
        "HTTP/1.1 400 Bad Request\r\n",
        "250-a\r\n251 b\r\n", "250-a\r\nb\r\n", " 250 a\r\n",
    ])
    func `malformed replies are refused`(text: String) {
        #expect(throws: SMTPReplyError.malformed) { try replies(text) }
    }

    @Test func `a reply has a limit, in one line and in many`() throws {
        let most = "250 " + String(repeating: "x", count: SMTPReplyParser.maximumLength - 6) + "\r\n"
        #expect(try replies(most).count == 1)
        #expect(throws: SMTPReplyError.tooLong) {
            try replies("250 " + String(repeating: "x", count: SMTPReplyParser.maximumLength))
        }
        #expect(throws: SMTPReplyError.tooLong) {
            try replies("250 " + String(repeating: "x", count: SMTPReplyParser.maximumLength) + "\r\n")
        }
        #expect(throws: SMTPReplyError.tooLong) {
            try replies(String(repeating: "250-line\r\n", count: SMTPReplyParser.maximumLength / 10 + 1))
        }
        // The limit is for each reply, not for all.
        #expect(try replies(most + most).count == 2)
    }

    @Test func `the status of RFC 3463 is read, and nothing else`() {
        #expect(SMTPReply(code: 550, lines: ["5.1.1 no such user"]).enhancedStatus == "5.1.1")
        #expect(SMTPReply(code: 550, lines: ["5.1.1"]).enhancedStatus == "5.1.1")
        for text in ["", "no such user", "5.1", "5.1.1.1", "9.1.1", "5.1.x", "5.1.1234", "5..1 x", "secret@5.1.1"] {
            #expect(SMTPReply(code: 550, lines: [text]).enhancedStatus == nil)
        }
    }
}
