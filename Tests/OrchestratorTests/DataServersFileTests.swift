import Configuration
import ConfigurationChecks
import Foundation
import PostgresClient
import PostgresTestSupport
import Testing

@testable import Orchestrator

@Suite struct DataServersFileTests {
    private func parse(_ text: String, environment: [String: String] = [:]) throws -> [DataServer] {
        let reader = try EnvironmentReader.make(folder: "/nowhere", environment: environment)
        return try DataServersFile(path: "/etc/arc/servers.json", reader: reader).parse(Array(text.utf8))
    }

    @Test func `a file describes servers`() async throws {
        let servers = try parse(
            #"""
            {"servers": [
              {"name": "eu-1", "host": "10.0.0.1", "port": 5433, "user": "provisioner", "database": "application",
               "passwordVariable": "EU_1_PASSWORD", "sslmode": "require", "connections": 3,
               "capacity": {"tenants": 500, "bytes": 1000000000000},
               "labels": {"region": "eu", "tier": ["basic", "STANDARD"]}, "drained": true},
              {"name": "us-1", "host": "10.0.0.2", "user": "provisioner", "database": "application"}]}
            """#, environment: ["EU_1_PASSWORD": "confidential"])
        #expect(servers.map(\.name) == ["eu-1", "us-1"])
        #expect(servers[0].address == "10.0.0.1:5433" && servers[1].address == "10.0.0.2:5432")
        #expect(servers[0].configuration.password == "confidential" && servers[1].configuration.password == nil)
        #expect(servers[0].configuration.maximumConnections == 3)
        #expect(servers[0].capacity == .init(tenants: 500, bytes: 1_000_000_000_000))
        #expect(servers[0].labels == ["region": ["eu"], "tier": ["BASIC", "STANDARD"]])
        #expect(servers[0].isDrained && !servers[1].isDrained)
    }

    @Test func `a password can be in a file`() async throws {
        let file = TestCommand.temporaryFile("password")
        try Data("confidential\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let servers = try parse(
            #"""
            {"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "passwordFile": "\#(file.path)"}]}
            """#)
        #expect(servers.first?.configuration.password == "confidential")
    }

    @Test(arguments: [
        ("", "is not valid JSON"),
        (#"{"servers": [{"name": "a", "host": "h", "host": "i", "user": "u", "database": "d"}]}"#, "repeated key"),
        ("[]", "the only member"),
        (#"{"servers": []}"#, "at least one server"),
        (#"{"servers": [1]}"#, "server 1: must be an object"),
        (#"{"servers": [{"host": "h", "user": "u", "database": "d"}]}"#, "server 1, field name: must be 1 to 63"),
        (#"{"servers": [{"name": "A", "host": "h", "user": "u", "database": "d"}]}"#, #"server "A", field name"#),
        (#"{"servers": [{"name": "a", "user": "u", "database": "d"}]}"#, "field host: is missing"),
        (#"{"servers": [{"name": "a", "host": "h,i", "user": "u", "database": "d"}]}"#, "must be one host"),
        (#"{"servers": [{"name": "a", "host": "h", "database": "d"}]}"#, "field user: is missing"),
        (#"{"servers": [{"name": "a", "host": "h", "user": "u"}]}"#, "field database: is missing"),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "port": 0}]}"#,
            #"server "a", field port: must be a whole number from 1 to 65535"#
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "password": "hush"}]}"#,
            "field password: a password must not be in the file"
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "passwordFile": "/no/such"}]}"#,
            "field passwordFile: names the file /no/such, which cannot be read"
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "passwordVariable": "NO_SUCH"}]}"#,
            "field passwordVariable: NO_SUCH is not set"
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "capacity": {"tenants": -1}}]}"#,
            "field capacity.tenants"
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "labels": {"region": []}}]}"#,
            "field labels.region"
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "drained": 1}]}"#,
            "field drained: must be true or false"
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "sslmode": "on"}]}"#,
            "field sslmode: must be one of disable"
        ),
        (
            #"{"servers": [{"name": "a", "host": "h", "user": "u", "database": "d", "region": "eu"}]}"#,
            "field region: is unknown"
        ),
        (
            #"""
            {"servers": [{"name": "a", "host": "h", "user": "u", "database": "d"},
                {"name": "a", "host": "i", "user": "u", "database": "d"}]}
            """#, "another server has the same name"
        ),
        (
            #"""
            {"servers": [{"name": "a", "host": "h", "user": "u", "database": "d"},
                {"name": "b", "host": "h", "user": "u", "database": "d"}]}
            """#, "another server has the same host and port"
        ),
    ])
    func `errors name file, entry, field and reason`(text: String, fragment: String) async throws {
        let failure = try #require(throws: ConfigurationFailure.self) { _ = try parse(text) }
        #expect(failure.key == "DATA_SERVERS_FILE")
        #expect(failure.description.contains("/etc/arc/servers.json"))
        #expect(failure.description.contains(fragment), "\(failure)")
        #expect(!failure.description.contains("hush"))
    }

    @Test func `all problems are reported at once`() async throws {
        let failure = try #require(throws: ConfigurationFailure.self) {
            _ = try parse(#"{"servers": [{"name": "a", "port": 0}, {"name": "b", "drained": 1}]}"#)
        }
        for part in [#"server "a", field port"#, #"server "a", field host"#, #"server "b", field drained"#] {
            #expect(failure.description.contains(part), "\(failure)")
        }
    }
}
