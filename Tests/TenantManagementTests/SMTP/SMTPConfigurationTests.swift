import Configuration
import ConfigurationChecks
import Foundation
import ServiceKit
import TenantManagement
import Testing

@Suite struct SMTPConfigurationTests {
    private func read(_ variables: [String: String]) throws(ConfigurationFailure) -> SMTPConfiguration {
        try SMTPConfiguration(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test func `host and sender are enough`() throws {
        let configuration = try read(["SMTP_HOST": "mail.example", "FROM_EMAIL": "arc@example.com"])
        #expect(configuration.host == "mail.example")
        #expect(configuration.port == 587)
        #expect(configuration.security == .startTLS)
        #expect(configuration.credentials == nil)
        #expect(configuration.authorityFile == nil)
        #expect(configuration.sender.specification == "arc@example.com")
        #expect(configuration.timeout == .seconds(30))
    }

    @Test func `every variable is read`() throws {
        let configuration = try read([
            "SMTP_HOST": "mail.example", "SMTP_PORT": "2525", "SMTP_USERNAME": "me", "SMTP_PASSWORD": "secret",
            "SMTP_TLS": "implicit", "SMTP_FROM": "Arc <arc@example.com>", "FROM_EMAIL": "other@example.com",
            "SMTP_TIMEOUT_SECONDS": "7",
        ])
        #expect(configuration.port == 2525)
        #expect(configuration.security == .implicit)
        #expect(configuration.credentials == SMTPCredentials(username: "me", password: "secret"))
        #expect(configuration.sender.name == "Arc")
        #expect(configuration.timeout == .seconds(7))
    }

    @Test func `implicit TLS has its own port`() throws {
        #expect(try read(["SMTP_HOST": "m", "SMTP_FROM": "a@b", "SMTP_TLS": "implicit"]).port == 465)
    }

    @Test(
        arguments: [
            ("SMTP_HOST", [:]), ("SMTP_FROM", ["SMTP_FROM": ""]), ("SMTP_FROM", ["SMTP_FROM": "no address"]),
            ("FROM_EMAIL", ["SMTP_FROM": "", "FROM_EMAIL": "no address"]), ("SMTP_PORT", ["SMTP_PORT": "0"]),
            ("SMTP_PORT", ["SMTP_PORT": "x"]), ("SMTP_TLS", ["SMTP_TLS": "maybe"]),
            ("SMTP_TIMEOUT_SECONDS", ["SMTP_TIMEOUT_SECONDS": "0"]), ("SMTP_PASSWORD", ["SMTP_USERNAME": "me"]),
            ("SMTP_USERNAME", ["SMTP_PASSWORD": "hunter2"]), ("SMTP_TLS_CA", ["SMTP_TLS_CA": "/does/not/exist.pem"]),
            ("SMTP_TLS", ["SMTP_TLS": "none", "SMTP_USERNAME": "me", "SMTP_PASSWORD": "hunter2"]),
            ("SMTP_TLS_KEY", ["SMTP_TLS_CERT": "/a.pem"]), ("SMTP_TLS_CERT", ["SMTP_TLS_KEY": "/a.pem"]),
            ("SMTP_TLS_CERT", ["SMTP_TLS_CERT": "/does/not/exist.pem", "SMTP_TLS_KEY": "/does/not/exist.pem"]),
            ("SMTP_TLS_CERT", ["SMTP_TLS": "none", "SMTP_TLS_CERT": "/a.pem", "SMTP_TLS_KEY": "/a.pem"]),
        ] as [(String, [String: String])])
    func `a value that cannot be used is named`(key: String, change: [String: String]) throws {
        let valid = key == "SMTP_HOST" ? [:] : ["SMTP_HOST": "mail.example", "SMTP_FROM": "a@b"]
        do {
            _ = try read(valid.merging(change) { $1 })
            Issue.record("accepted")
        } catch {
            #expect(error.key == key)
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test func `credentials may stay without TLS on the same machine`() throws {
        let configuration = try read([
            "SMTP_HOST": "127.0.0.1", "SMTP_FROM": "a@b", "SMTP_TLS": "none", "SMTP_USERNAME": "me",
            "SMTP_PASSWORD": "secret",
        ])
        #expect(configuration.credentials != nil)
    }

    @Test func `no dump shows credentials`() throws {
        let configuration = try read([
            "SMTP_HOST": "mail.example", "SMTP_FROM": "a@b", "SMTP_USERNAME": "hunter1", "SMTP_PASSWORD": "hunter2",
        ])
        var text = "\(configuration) \(String(reflecting: configuration))"
        dump(configuration, to: &text)
        #expect(!text.contains("hunter"))
        #expect(text.contains("mail.example"))
    }
}
