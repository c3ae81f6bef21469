import Logging
import NIOCore
import NIOPosix
import Primitives
import Synchronization
import TenantManagement
import TestSupport
import Testing

@Suite struct SMTPTransportTests {
    private static let greeting: [ScriptedMailServer.Turn] = [.say("220 ready"), .say("250-hello\r\n250 AUTH PLAIN")]
    private static let rest: [ScriptedMailServer.Turn] = [
        .say("250 ok"), .say("250 ok"), .say("354 go on"), .say("250 taken"), .say("221 bye"),
    ]
    private let mail = Mail(
        id: .v7(at: Timestamp(seconds: 1_767_607_200)), recipient: "lead@example.com", subject: "Hello",
        text: "first\n.\n.second")

    private func transport(
        port: Int, host: String = "127.0.0.1", timeout: Duration = .seconds(30),
        change: (inout SMTPConfiguration) -> Void = { _ in }
    ) throws -> SMTPTransport {
        var configuration = SMTPConfiguration(
            host: host, port: port, security: .none, sender: try #require(MailAddress("Arc <arc@example.com>")),
            timeout: timeout)
        change(&configuration)
        return SMTPTransport(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a server that must be refused with this error.
    private func expect(
        _ error: SMTPError, from script: [ScriptedMailServer.Turn], timeout: Duration = .seconds(30),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await ScriptedMailServer.run(script) { server in
            let transport = try transport(port: server.port, timeout: timeout)
            await #expect(throws: error, sourceLocation: sourceLocation) { try await transport.send(mail) }
            // The connection never outlives its mail.
            try await server.ended.get()
        }
    }

    @Test func `a mail is accepted`() async throws {
        try await ScriptedMailServer.run(Self.greeting + Self.rest) { server in
            try await transport(port: server.port).send(mail)
            try await server.ended.get()
            #expect(
                server.commands == [
                    "EHLO [127.0.0.1]", "MAIL FROM:<arc@example.com>", "RCPT TO:<lead@example.com>", "DATA", "QUIT",
                ])
            #expect(server.message.hasPrefix("Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n"))
            #expect(server.message.hasSuffix("\r\n\r\nfirst\r\n..\r\n..second\r\n.\r\n"))
        }
    }

    @Test func `a reply may come in pieces, and a farewell is not needed`() async throws {
        let script: [ScriptedMailServer.Turn] =
            [.say("220-a\r\n220-b\r\n220 c")] + Self.greeting.dropFirst() + Self.rest.dropLast(2)
            + [.sayAndHangUp("250 taken")]
        try await ScriptedMailServer.run(script) { server in
            try await transport(port: server.port).send(mail)
            #expect(server.message.hasSuffix("\r\n.\r\n"))
        }
    }

    @Test func `a mail is sent although the server does not answer QUIT`() async throws {
        try await ScriptedMailServer.run(Self.greeting + Self.rest.dropLast() + [.silence]) { server in
            try await transport(port: server.port, timeout: .seconds(15)).send(mail)
            try await server.ended.get()
            #expect(server.commands.last == "QUIT")
        }
    }

    @Test func `rejections are reported with their codes and followed by QUIT`() async throws {
        let answers = Self.greeting + [.say("250 ok"), .say("550 5.1.1 <lead@example.com> unknown"), .say("221 bye")]
        try await ScriptedMailServer.run(answers) { server in
            let transport = try transport(port: server.port)
            let error = await #expect(throws: SMTPError.self) { try await transport.send(mail) }
            #expect(error == .rejected(.recipient, code: 550, enhancedStatus: "5.1.1"))
            #expect(error?.isPermanent == true)
            #expect(error?.description == "the mail server answered 550 5.1.1 to RCPT TO")
            try await server.ended.get()
            #expect(server.commands.last == "QUIT")
        }
        try await expect(
            .rejected(.greeting, code: 421, enhancedStatus: nil), from: [.sayAndHangUp("421 too busy")])
        try await expect(
            .rejected(.message, code: 452, enhancedStatus: "4.3.1"),
            from: Self.greeting + Self.rest.prefix(3) + [.say("452 4.3.1 full"), .say("221 bye")])
    }

    @Test(arguments: 0...5)
    func `silence ends at the deadline, at each step`(index: Int) async throws {
        let steps: [SMTPError.Step] = [.greeting, .hello, .sender, .recipient, .data, .message]
        try await expect(
            .timeout(steps[index]), from: (Self.greeting + Self.rest).prefix(index) + [.silence],
            timeout: .seconds(15))
    }

    @Test func `a reply that never ends has one deadline`() async throws {
        try await expect(
            .timeout(.hello), from: [.say("220 ready"), .trickle("250-more")], timeout: .seconds(15))
    }

    @Test(arguments: 0...5)
    func `a server may hang up at each step`(index: Int) async throws {
        let steps: [SMTPError.Step] = [.greeting, .hello, .sender, .recipient, .data, .message]
        try await expect(.disconnected(steps[index]), from: (Self.greeting + Self.rest).prefix(index) + [.hangUp])
    }

    @Test func `an incomplete reply is not accepted`() async throws {
        try await expect(.disconnected(.hello), from: [.say("220 ready"), .sayAndHangUp("250-hello")])
    }

    @Test func `replies have a limit`() async throws {
        let line = "250-" + String(repeating: "x", count: 1000) + "\r\n"
        try await expect(
            .replyTooLong(.hello), from: [.say("220 ready"), .say(String(repeating: line, count: 20) + "250 end")])
        try await expect(.replyTooLong(.greeting), from: [.say("220 " + String(repeating: "x", count: 20_000))])
    }

    @Test func `what is not SMTP is refused`() async throws {
        try await expect(.unexpectedReply(.greeting), from: [.say("SSH-2.0-OpenSSH_9.2")])
        try await expect(.unexpectedReply(.greeting), from: [.say("220 ready\r\n250 already")])
    }

    @Test func `credentials are sent, and no error repeats them`() async throws {
        let refusal = Self.greeting + [.say("535 5.7.8 AG1lAGh1bnRlcjI= is wrong for me/hunter2"), .say("221 bye")]
        try await ScriptedMailServer.run(refusal) { server in
            let transport = try transport(port: server.port) {
                $0.credentials = SMTPCredentials(username: "me", password: "hunter2")
            }
            let error = await #expect(throws: SMTPError.self) { try await transport.send(mail) }
            #expect(error == .rejected(.authentication, code: 535, enhancedStatus: "5.7.8"))
            try await server.ended.get()
            #expect(server.commands == ["EHLO [127.0.0.1]", "AUTH PLAIN AG1lAGh1bnRlcjI=", "QUIT"])
        }
    }

    @Test func `a refused connection is reported`() async throws {
        let socket = try LoopbackSocket()
        defer { socket.close() }
        let transport = try transport(port: socket.port)
        await #expect(throws: SMTPError.connection(.refused)) { try await transport.send(mail) }
    }

    @Test(arguments: ["", "nobody", "a@b>\r\nRCPT TO:<c@d", "a b@c"])
    func `an invalid recipient never reaches the server`(recipient: String) async throws {
        try await ScriptedMailServer.run([]) { server in
            let transport = try transport(port: server.port)
            let mail = Mail(id: mail.id, recipient: recipient, subject: "", text: "")
            await #expect(throws: SMTPError.invalidRecipient) { try await transport.send(mail) }
            #expect(server.commands.isEmpty)
        }
    }

    @Test func `a mail that may not leave is not sent, and whether it may is asked last`() async throws {
        try await ScriptedMailServer.run(Self.greeting + Self.rest.prefix(3) + [.silence]) { server in
            let transport = try transport(port: server.port)
            let commands = Mutex<[[String]]>([])
            await #expect(throws: SMTPError.cancelled) {
                try await transport.send(mail) {
                    commands.withLock { $0.append(server.commands) }
                    return false
                }
            }
            try await server.ended.get()
            #expect(commands.withLock { $0.map(\.last) } == ["DATA"])
            #expect(server.commands.last == "DATA" && server.message.isEmpty)
        }
    }

    @Test func `cancellation closes the connection`() async throws {
        try await ScriptedMailServer.run([.silence]) { server in
            let transport = try transport(port: server.port)
            let sending = Task { try await transport.send(mail) }
            try await server.connected.get()
            sending.cancel()
            await #expect(throws: SMTPError.cancelled) { try await sending.value }
            try await server.ended.get()
        }
    }
}
