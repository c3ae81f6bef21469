import ConfigurationChecks
import Foundation
import Logging
import Primitives
import TenantManagement
import TestSupport
import Testing

/// A mail server of somebody else (aiosmtpd) with certificates that are right or wrong.
@Suite(.timeLimit(.minutes(20))) struct SMTPServerTests {
    /// A port of the server, and what becomes of mails there.
    private struct Place {
        let port: Int
        let security: SMTPConfiguration.Security
        let cause: TLSFault.Cause?
    }

    @Test func `the right certificate gets mails, and each wrong one is refused with its cause and the variable`()
        async throws
    {
        try await TestAuthority.with { authority in
            let other = try await TestAuthority.make()
            defer { other.remove() }
            let names = "DNS:localhost"
            let identities: [(TestAuthority.Identity, TLSFault.Cause?)] = [
                (try await authority.identity("right", names: names), nil),
                (try await authority.identity("old", names: names, days: -1), .expired),
                (try await authority.identity("name", names: "DNS:other.example"), .wrongName),
                (try await other.identity("other", names: names), .unknownAuthority),
                (try await authority.selfSigned("self", names: names), .selfSigned),
            ]
            var places: [Place] = []
            var arguments: [String] = []
            for security in [SMTPConfiguration.Security.startTLS, .implicit] {
                for (identity, cause) in identities {
                    let port = try TestCommand.freePort()
                    places.append(Place(port: port, security: security, cause: cause))
                    arguments.append("\(port):\(security.rawValue):\(identity.certificate):\(identity.key)")
                }
            }
            let plain = try TestCommand.freePort()
            arguments.append("\(plain):plain::")
            let log = TestCommand.temporaryFile("smtp-server")
            let command = try PythonPeer.command("smtp_server.py", arguments)
            let server = try await ServerStart.run("aiosmtpd", log: log) {
                TestProcess(command, output: log)
            } isReady: {
                (try? String(contentsOf: log, encoding: .utf8))?.contains("ready") == true
            }
            defer { server.kill() }

            // The right ones at the end once more: a failure before must leave nothing behind.
            for place in places + places.filter({ $0.cause == nil }) {
                let transport = try transport(port: place.port, place.security, authority.certificate)
                guard let cause = place.cause else {
                    try await transport.send(mail)
                    continue
                }
                let fault = TLSFault(cause, SMTPConfiguration.tlsVariables)
                #expect("\(fault)".contains(cause == .wrongName ? "SMTP_HOST" : "SMTP_TLS_CA"))
                await #expect(throws: SMTPError.tls(fault)) { try await transport.send(mail) }
            }
            for security in [SMTPConfiguration.Security.startTLS, .implicit] {
                let transport = try transport(port: plain, security, authority.certificate)
                let expected: SMTPError =
                    security == .startTLS
                    ? .unsupported(.startTLS) : .tls(TLSFault(.noTLS, SMTPConfiguration.tlsVariables))
                await #expect(throws: expected) { try await transport.send(mail) }
            }
            let taken = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").filter {
                $0.hasPrefix("mail")
            }
            #expect(taken.count == 4 && taken.allSatisfy { $0.hasSuffix("lead@example.com") })
        }
    }

    private let mail = Mail(id: .v4(), recipient: "lead@example.com", subject: "Hello", text: "Text")

    private func transport(
        port: Int, _ security: SMTPConfiguration.Security, _ authority: String
    ) throws -> SMTPTransport {
        SMTPTransport(
            configuration: SMTPConfiguration(
                host: "localhost", port: port, credentials: SMTPCredentials(username: "me", password: "hunter2"),
                security: security, authorityFile: authority, sender: try #require(MailAddress("arc@example.com"))),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
