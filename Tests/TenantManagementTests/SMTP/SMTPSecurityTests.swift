import ConfigurationChecks
import Logging
import NIOCore
import NIOSSL
import Primitives
import TenantManagement
import TestSupport
import Testing

/// STARTTLS and TLS from the first byte, with a certificate that the `openssl` command makes.
@Suite struct SMTPSecurityTests {
    private let mail = Mail(id: .v4(), recipient: "lead@example.com", subject: "Hello", text: "Text")
    private static let start: [ScriptedMailServer.Turn] = [.say("220 ready"), .say("250-hello\r\n250 STARTTLS")]
    private static let authenticated: [ScriptedMailServer.Turn] = [
        .say("250-hello\r\n250 AUTH PLAIN"), .say("235 welcome"), .say("250 ok"), .say("250 ok"), .say("354 go on"),
        .say("250 taken"), .say("221 bye"),
    ]

    private func transport(
        port: Int, security: SMTPConfiguration.Security, host: String = "localhost", authority: String?,
        client: TestAuthority.Identity? = nil
    ) throws -> SMTPTransport {
        SMTPTransport(
            configuration: SMTPConfiguration(
                host: host, port: port, credentials: SMTPCredentials(username: "me", password: "hunter2"),
                security: security, authorityFile: authority, certificateFile: client?.certificate,
                keyFile: client?.key, sender: try #require(MailAddress("arc@example.com"))),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func `a mail is sent after STARTTLS`(host: String) async throws {
        let certificate = try await TestCertificate.local.value
        let script = Self.start + [.sayAndStartTLS("220 go ahead")] + Self.authenticated
        try await ScriptedMailServer.run(script, tls: certificate.context) { server in
            try await transport(port: server.port, security: .startTLS, host: host, authority: certificate.path)
                .send(mail)
            try await server.ended.get()
            #expect(
                server.commands == [
                    "EHLO [127.0.0.1]", "STARTTLS", "EHLO [127.0.0.1]", "AUTH PLAIN AG1lAGh1bnRlcjI=",
                    "MAIL FROM:<arc@example.com>", "RCPT TO:<lead@example.com>", "DATA", "QUIT",
                ])
            #expect(server.message.hasSuffix("\r\n\r\nText\r\n.\r\n"))
        }
    }

    @Test func `a mail is sent over TLS from the first byte`() async throws {
        let certificate = try await TestCertificate.local.value
        try await ScriptedMailServer.run(
            [.say("220 ready")] + Self.authenticated, tls: certificate.context, isImplicit: true
        ) { server in
            try await transport(port: server.port, security: .implicit, authority: certificate.path).send(mail)
            #expect(server.message.hasSuffix("\r\n\r\nText\r\n.\r\n"))
        }
    }

    @Test(arguments: [SMTPConfiguration.Security.startTLS, .implicit])
    func `a certificate that is not trusted, or of another host, ends it before the credentials`(
        security: SMTPConfiguration.Security
    ) async throws {
        let local = try await TestCertificate.local.value
        let foreign = try await TestCertificate.foreign.value
        let isImplicit = security == .implicit
        let script =
            (isImplicit ? [.say("220 ready")] : Self.start + [.sayAndStartTLS("220 go ahead")]) + Self.authenticated
        let cases: [(TestCertificate, String?, TLSFault.Cause)] = [
            (local, nil, .selfSigned), (local, foreign.path, .selfSigned), (foreign, foreign.path, .wrongName),
        ]
        for (certificate, authority, cause) in cases {
            try await ScriptedMailServer.run(script, tls: certificate.context, isImplicit: isImplicit) { server in
                let transport = try transport(port: server.port, security: security, authority: authority)
                await #expect(throws: SMTPError.tls(TLSFault(cause, SMTPConfiguration.tlsVariables))) {
                    try await transport.send(mail)
                }
                try await server.ended.get()
                #expect(server.commands == (isImplicit ? [] : ["EHLO [127.0.0.1]", "STARTTLS"]))
            }
        }
    }

    @Test func `a server that wants a certificate of its clients gets it`() async throws {
        try await TestAuthority.with { authority in
            let own = try await authority.identity("server", names: "DNS:localhost,IP:127.0.0.1")
            let client = try await authority.identity("client", names: "DNS:arc")
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(own.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: own.key, format: .pem)))
            configuration.trustRoots = .file(authority.certificate)
            configuration.certificateVerification = .noHostnameVerification
            let context = try NIOSSLContext(configuration: configuration)
            let script = Self.start + [.sayAndStartTLS("220 go ahead")] + Self.authenticated
            try await ScriptedMailServer.run(script, tls: context) { server in
                try await transport(
                    port: server.port, security: .startTLS, authority: authority.certificate, client: client
                ).send(mail)
                #expect(server.message.hasSuffix("\r\n\r\nText\r\n.\r\n"))
            }
            try await ScriptedMailServer.run(script, tls: context) { server in
                let transport = try transport(
                    port: server.port, security: .startTLS, authority: authority.certificate)
                await #expect(throws: SMTPError.self) { try await transport.send(mail) }
                try await server.ended.get()
                #expect(server.commands == ["EHLO [127.0.0.1]", "STARTTLS"])
            }
        }
    }

    @Test func `a server without STARTTLS learns nothing`() async throws {
        try await ScriptedMailServer.run(
            [.say("220 ready"), .say("250-hello\r\n250 AUTH PLAIN"), .say("221 bye")]
        ) { server in
            let transport = try transport(port: server.port, security: .startTLS, authority: nil)
            await #expect(throws: SMTPError.unsupported(.startTLS)) { try await transport.send(mail) }
            try await server.ended.get()
            #expect(server.commands == ["EHLO [127.0.0.1]", "QUIT"])
        }
    }

    /// CVE-2011-0411: replies that somebody on the way has put behind the answer to STARTTLS, to be read as the
    /// server's own after the handshake.
    @Test func `plain text behind the answer to STARTTLS ends it`() async throws {
        let certificate = try await TestCertificate.local.value
        let script = Self.start + [.sayAndStartTLS("220 go ahead\r\n250 AUTH PLAIN")] + Self.authenticated
        try await ScriptedMailServer.run(script, tls: certificate.context) { server in
            let transport = try transport(port: server.port, security: .startTLS, authority: certificate.path)
            await #expect(throws: SMTPError.unexpectedReply(.startTLS)) { try await transport.send(mail) }
            try await server.ended.get()
            #expect(server.commands == ["EHLO [127.0.0.1]", "STARTTLS"])
        }
    }

    @Test func `a server that does not support TLS after all is an error`() async throws {
        try await ScriptedMailServer.run([.say("220 ready"), .silence]) { server in
            let transport = try transport(port: server.port, security: .implicit, authority: nil)
            await #expect(throws: SMTPError.tls(TLSFault(.noTLS, SMTPConfiguration.tlsVariables))) {
                try await transport.send(mail)
            }
        }
    }
}
