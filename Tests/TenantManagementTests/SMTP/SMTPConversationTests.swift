import Foundation
import TenantManagement
import Testing

@Suite struct SMTPConversationTests {
    private func conversation(
        user: String? = nil, startTLS: Bool = false, to recipient: String = "to@example.com", message: String = "x\r\n"
    ) throws -> SMTPConversation {
        SMTPConversation(
            plan: SMTPConversation.Plan(
                sender: try #require(MailAddress("Arc <from@example.com>")),
                recipient: try #require(MailAddress(specification: recipient)), message: message,
                credentials: user.flatMap { SMTPCredentials(username: $0, password: "pässword") },
                needsStartTLS: startTLS, clientName: "[192.0.2.1]"))
    }

    private func sent(_ text: String) -> SMTPConversation.Action { .send(Array(text.utf8)) }

    private func reply(_ code: Int, _ lines: String...) -> SMTPReply {
        SMTPReply(code: code, lines: lines.isEmpty ? ["text"] : lines)
    }

    @Test func `a mail is sent without TLS and credentials`() throws {
        var talk = try conversation(message: "a\r\n.b\r\n")
        #expect(talk.step == .greeting)
        #expect(talk.receive(reply(220)) == sent("EHLO [192.0.2.1]\r\n"))
        #expect(talk.receive(reply(250, "hello", "AUTH PLAIN", "STARTTLS")) == sent("MAIL FROM:<from@example.com>\r\n"))
        #expect(talk.receive(reply(250)) == sent("RCPT TO:<to@example.com>\r\n"))
        #expect(talk.receive(reply(251)) == sent("DATA\r\n"))
        #expect(talk.receive(reply(354)) == sent("a\r\n..b\r\n.\r\n"))
        #expect(talk.step == .message)
        #expect(talk.receive(reply(250)) == .finish(nil))
    }

    @Test func `STARTTLS comes first, and what was learnt before it is forgotten`() throws {
        var talk = try conversation(user: "me", startTLS: true)
        _ = talk.receive(reply(220))
        #expect(talk.receive(reply(250, "hello", "starttls", "AUTH PLAIN")) == sent("STARTTLS\r\n"))
        #expect(talk.receive(reply(220)) == .startTLS)
        #expect(talk.secured() == sent("EHLO [192.0.2.1]\r\n"))
        #expect(talk.receive(reply(250, "hello", "AUTH LOGIN")) == sent("AUTH LOGIN\r\n"))
    }

    @Test func `a server without STARTTLS gets nothing`() throws {
        var talk = try conversation(user: "me", startTLS: true)
        _ = talk.receive(reply(220))
        // The name in the first line is no extension.
        #expect(talk.receive(reply(250, "STARTTLS", "AUTH PLAIN")) == .finish(.unsupported(.startTLS)))
    }

    @Test func `PLAIN is preferred`() throws {
        var talk = try conversation(user: "me")
        _ = talk.receive(reply(220))
        let response = Data("\0me\0pässword".utf8).base64EncodedString()
        #expect(talk.receive(reply(250, "hello", "AUTH LOGIN PLAIN")) == sent("AUTH PLAIN \(response)\r\n"))
        #expect(talk.receive(reply(235)) == sent("MAIL FROM:<from@example.com>\r\n"))
    }

    @Test(arguments: ["AUTH LOGIN", "auth login", "AUTH=LOGIN", "AUTH XOAUTH2 LOGIN"])
    func `LOGIN asks for the name, then for the password`(line: String) throws {
        var talk = try conversation(user: "me")
        _ = talk.receive(reply(220))
        #expect(talk.receive(reply(250, "hello", line)) == sent("AUTH LOGIN\r\n"))
        #expect(talk.receive(reply(334, "VXNlcm5hbWU6")) == sent("bWU=\r\n"))
        #expect(talk.receive(reply(334, "UGFzc3dvcmQ6")) == sent("cMOkc3N3b3Jk\r\n"))
        #expect(talk.receive(reply(235)) == sent("MAIL FROM:<from@example.com>\r\n"))
    }

    @Test func `a server without a known mechanism gets no mail`() throws {
        for lines in [["hello"], ["hello", "AUTH"], ["hello", "AUTH XOAUTH2"], ["hello", "AUTHX PLAIN"]] {
            var talk = try conversation(user: "me")
            _ = talk.receive(reply(220))
            #expect(talk.receive(SMTPReply(code: 250, lines: lines)) == .finish(.unsupported(.authentication)))
        }
    }

    @Test func `success before the credentials are complete is an error`() throws {
        var talk = try conversation(user: "me")
        _ = talk.receive(reply(220))
        _ = talk.receive(reply(250, "hello", "AUTH LOGIN"))
        #expect(talk.receive(reply(235)) == .finish(.unexpectedReply(.authentication)))
        var plain = try conversation(user: "me")
        _ = plain.receive(reply(220))
        _ = plain.receive(reply(250, "hello", "AUTH PLAIN"))
        #expect(plain.receive(reply(334, "")) == .finish(.unexpectedReply(.authentication)))
    }

    @Test func `addresses beyond ASCII need SMTPUTF8`() throws {
        var talk = try conversation(to: "jörg@example.com")
        _ = talk.receive(reply(220))
        #expect(talk.receive(reply(250, "hello", "SMTPUTF8")) == sent("MAIL FROM:<from@example.com> SMTPUTF8\r\n"))
        #expect(talk.receive(reply(250)) == sent("RCPT TO:<jörg@example.com>\r\n"))
        var other = try conversation(to: "jörg@example.com")
        _ = other.receive(reply(220))
        #expect(other.receive(reply(250, "hello")) == .finish(.unsupported(.internationalAddresses)))
    }

    /// The replies of a whole talk, with STARTTLS and LOGIN, and the step that each answers.
    private static let script: [(SMTPError.Step, SMTPReply)] = [
        (.greeting, SMTPReply(code: 220, lines: [""])),
        (.hello, SMTPReply(code: 250, lines: ["", "STARTTLS"])),
        (.startTLS, SMTPReply(code: 220, lines: [""])),
        (.hello, SMTPReply(code: 250, lines: ["", "AUTH LOGIN"])),
        (.authentication, SMTPReply(code: 334, lines: [""])),
        (.authentication, SMTPReply(code: 334, lines: [""])),
        (.authentication, SMTPReply(code: 235, lines: [""])),
        (.sender, SMTPReply(code: 250, lines: [""])),
        (.recipient, SMTPReply(code: 250, lines: [""])),
        (.data, SMTPReply(code: 354, lines: [""])),
        (.message, SMTPReply(code: 250, lines: [""])),
    ]

    @Test(arguments: script.indices)
    func `a refusal or a malformed reply ends the conversation at every step`(index: Int) throws {
        let step = Self.script[index].0
        var talk = try conversation(user: "me", startTLS: true)
        for (_, reply) in Self.script[..<index] where talk.receive(reply) == .startTLS { _ = talk.secured() }
        #expect(talk.step == step)
        for code in [421, 450, 500, 554] {
            var copy = talk
            #expect(
                copy.receive(reply(code, "\(code / 100).7.0 who is from@example.com?"))
                    == .finish(.rejected(step, code: code, enhancedStatus: "\(code / 100).7.0")))
        }
        for code in [211, 299, 399] {
            var copy = talk
            #expect(copy.receive(reply(code)) == .finish(.unexpectedReply(step)))
        }
    }

    @Test(arguments: [
        ("", ".\r\n"), (".", "..\r\n.\r\n"), ("a", "a\r\n.\r\n"), ("a\r\n", "a\r\n.\r\n"),
        ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"), ("..\r\n", "...\r\n.\r\n"), ("a.b\r\n", "a.b\r\n.\r\n"),
        // What would end the message for a lenient server.
        ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"), ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n"),
    ])
    func `no line of a message can end it`(message: String, expected: String) {
        #expect(String(decoding: SMTPConversation.dotStuffed(message), as: UTF8.self) == expected)
    }

    @Test func `errors are temporary or permanent`() {
        #expect(!SMTPError.rejected(.recipient, code: 450, enhancedStatus: nil).isPermanent)
        #expect(SMTPError.rejected(.recipient, code: 550, enhancedStatus: nil).isPermanent)
        #expect(SMTPError.rejected(.recipient, code: 550, enhancedStatus: nil).isMailRefused)
        #expect(SMTPError.rejected(.message, code: 552, enhancedStatus: nil).isMailRefused)
        #expect(!SMTPError.rejected(.message, code: 452, enhancedStatus: nil).isMailRefused)
        #expect(SMTPError.rejected(.authentication, code: 535, enhancedStatus: nil).isPermanent)
        #expect(!SMTPError.rejected(.authentication, code: 535, enhancedStatus: nil).isMailRefused)
        #expect(!SMTPError.timeout(.message).isPermanent)
        #expect(!SMTPError.connection(.refused).isPermanent)
        #expect(SMTPError.invalidRecipient.isMailRefused)
    }
}
