import Configuration
import ConfigurationChecks
import Foundation
import Testing

@testable import RedisClient

@Suite struct RedisConfigurationTests {
    private func read(_ variables: [String: String]) throws -> RedisConfiguration {
        let provider = EnvironmentVariablesProvider(environmentVariables: variables)
        return try RedisConfiguration(reader: ConfigReader(provider: provider))
    }

    @Test func `the configuration has defaults`() throws {
        let configuration = try read([:])
        #expect(configuration == RedisConfiguration())
        #expect(configuration.endpoint == .host("127.0.0.1", port: 6379))
        #expect(configuration.credentials == nil)
        #expect(configuration.tls == nil)
    }

    @Test func `the separate variables are read`() throws {
        let configuration = try read([
            "REDIS_HOST": "redis.example", "REDIS_PORT": "7000", "REDIS_USERNAME": "arc", "REDIS_PASSWORD": "s3",
            "REDIS_DATABASE": "5", "REDIS_TLS_ENABLED": "true", "REDIS_TLS_SERVER_NAME": "name.example",
            "REDIS_CLIENT_NAME": "tests", "REDIS_CONNECTIONS": "2", "REDIS_CONNECT_TIMEOUT_MILLIS": "300",
            "REDIS_COMMAND_TIMEOUT_MILLIS": "400",
        ])
        #expect(configuration.endpoint == .host("redis.example", port: 7000))
        #expect(configuration.credentials == RedisCredentials(username: "arc", password: RedisSecret("s3")))
        #expect(configuration.database == 5)
        #expect(configuration.tls == RedisTLS(serverName: "name.example"))
        #expect(configuration.clientName == "tests")
        #expect(configuration.connections == 2)
        #expect(configuration.connectTimeout == .milliseconds(300))
        #expect(configuration.commandTimeout == .milliseconds(400))
    }

    @Test func `the URL is read and the variables fill its gaps`() throws {
        let full = try read([
            "REDIS_URL": "rediss://u:p%40ss@h:1/2", "REDIS_HOST": "other", "REDIS_PORT": "9", "REDIS_PASSWORD": "x",
            "REDIS_DATABASE": "7",
        ])
        #expect(full.endpoint == .host("h", port: 1))
        #expect(full.credentials == RedisCredentials(username: "u", password: RedisSecret("p@ss")))
        #expect(full.database == 2)
        #expect(full.tls != nil)
        let bare = try read([
            "REDIS_URL": "redis://h", "REDIS_PORT": "9", "REDIS_PASSWORD": "x", "REDIS_DATABASE": "7",
        ])
        #expect(bare.endpoint == .host("h", port: 9))
        #expect(bare.credentials == RedisCredentials(username: "default", password: RedisSecret("x")))
        #expect(bare.database == 7)
        #expect(bare.tls == nil)
    }

    @Test func `sentinels have what the master has unless they differ`() throws {
        #expect(try read(["REDIS_SENTINEL_PASSWORD": "x"]).sentinels == nil)
        let same = try read([
            "REDIS_SENTINELS": "a, b:1,[::1]:2", "REDIS_USERNAME": "arc", "REDIS_PASSWORD": "s3",
            "REDIS_TLS_ENABLED": "true",
        ])
        #expect(
            same.sentinels
                == RedisSentinels(
                    addresses: [
                        ServerAddress(host: "a", port: 26_379), ServerAddress(host: "b", port: 1),
                        ServerAddress(host: "::1", port: 2),
                    ], credentials: RedisCredentials(username: "arc", password: RedisSecret("s3")),
                    tls: same.sentinels?.tls))
        #expect(same.sentinels?.tls != nil)
        let other = try read([
            "REDIS_SENTINELS": "a", "REDIS_SENTINEL_MASTER": "m", "REDIS_SENTINEL_USERNAME": "u",
            "REDIS_SENTINEL_PASSWORD": "p", "REDIS_PASSWORD": "s3", "REDIS_TLS_ENABLED": "true",
            "REDIS_SENTINEL_TLS_ENABLED": "false", "REDIS_SENTINEL_WAIT_MILLIS": "5",
        ])
        #expect(
            other.sentinels
                == RedisSentinels(
                    addresses: [ServerAddress(host: "a", port: 26_379)], master: "m",
                    credentials: RedisCredentials(username: "u", password: RedisSecret("p")),
                    patience: .milliseconds(5)))
        #expect {
            try read(["REDIS_SENTINELS": "a", "REDIS_URL": "redis://h"])
        } throws: { ($0 as? ConfigurationFailure)?.key == "REDIS_URL" }
    }

    @Test func `the password is read from a file`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID().uuidString)")
        try Data("pass word\r\n\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let configuration = try read(["REDIS_PASSWORD_FILE": file.path, "REDIS_PASSWORD": "ignored"])
        #expect(configuration.credentials?.password == RedisSecret("pass word"))
        #expect(throws: ConfigurationFailure.self) { try read(["REDIS_PASSWORD_FILE": file.path + ".missing"]) }
    }

    @Test func `empty values count as absent`() throws {
        let configuration = try read(["REDIS_URL": "", "REDIS_PASSWORD": "", "REDIS_PORT": "", "REDIS_HOST": ""])
        #expect(configuration == RedisConfiguration())
    }

    @Test(arguments: [
        ("REDIS_PORT", "abc"), ("REDIS_PORT", "0"), ("REDIS_PORT", "65536"), ("REDIS_DATABASE", "-1"),
        ("REDIS_TLS_ENABLED", "maybe"), ("REDIS_URL", "http://h"), ("REDIS_CONNECTIONS", "0"),
        ("REDIS_CLIENT_NAME", "two words"), ("REDIS_COMMAND_TIMEOUT_MILLIS", "0"), ("REDIS_SENTINELS", "a:0"),
        ("REDIS_SENTINELS", "a,,b"), ("REDIS_SENTINELS", "a,a"), ("REDIS_SENTINELS", "::1"),
    ]) func `invalid values are refused`(variable: String, value: String) {
        #expect {
            try read([variable: value])
        } throws: { error in
            (error as? ConfigurationFailure)?.key == variable
        }
    }

    @Test func `certificates that cannot be read are refused`() {
        #expect(throws: ConfigurationFailure.self) {
            try read(["REDIS_TLS_ENABLED": "true", "REDIS_TLS_CA": "/nonexistent/ca.pem"])
        }
        #expect(throws: ConfigurationFailure.self) {
            try read(["REDIS_TLS_ENABLED": "true", "REDIS_TLS_CERT": "/nonexistent/cert.pem"])
        }
    }

    @Test func `the password is never printed`() throws {
        let configuration = try read(["REDIS_URL": "redis://user:topsecret@h"])
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\(configuration.logMetadata)"] {
            #expect(!text.contains("topsecret"))
        }
        #expect {
            try read(["REDIS_URL": "redis://user:topsecret@h:port"])
        } throws: { error in
            !"\(error)".contains("topsecret")
        }
    }

    @Test(
        arguments: [
            ("redis://h", "h", 6379, nil, nil), ("redis://h:1", "h", 1, nil, nil), ("REDIS://h/", "h", 6379, nil, nil),
            ("redis://[::1]:5/3", "::1", 5, nil, 3), ("redis://[::1]", "::1", 6379, nil, nil),
            ("redis://:pw@h/0", "h", 6379, nil, 0), ("redis://u@h", "h", 6379, "u", nil),
            ("redis://u:a:b@h", "h", 6379, "u", nil), ("redis://u:p@h?db=4", "h", 6379, "u", 4),
            ("redis://u%3A:p%2F@h/1#x", "h", 6379, "u:", 1),
        ] as [(String, String, Int, String?, Int?)])
    func `URLs are read`(text: String, host: String, port: Int, username: String?, database: Int?) throws {
        let url = try #require(RedisURL(text))
        #expect(url.endpoint == .host(host, port: port))
        #expect(url.username == username)
        #expect(url.database == database)
    }

    @Test func `passwords of URLs are read`() {
        #expect(RedisURL("redis://:p%2Fw@h")?.password == RedisSecret("p/w"))
        #expect(RedisURL("redis://u:a:b@h")?.password == RedisSecret("a:b"))
        #expect(RedisURL("redis://u:a@b@h")?.password == RedisSecret("a@b"))
        #expect(RedisURL("redis://u:@h")?.password == nil)
    }

    @Test func `URLs of sockets are read`() {
        #expect(RedisURL("unix:///run/redis.sock?db=2")?.endpoint == .socket(path: "/run/redis.sock"))
        #expect(RedisURL("unix:///run/redis.sock?db=2")?.database == 2)
        #expect(RedisURL("unix://relative") == nil)
    }

    @Test(arguments: [
        "", "redis:", "redis://", "redis://:1", "redis://h:0", "redis://h:x", "redis://h/x", "redis://h/-1",
        "redis://[::1", "redis://[::1]x", "redis://%zz@h", "h:6379",
    ]) func `other URLs are refused`(text: String) {
        #expect(RedisURL(text) == nil)
    }

    @Test func `host names are verified, and addresses are not sent as SNI`() {
        var configuration = RedisConfiguration(endpoint: .host("redis.example", port: 1), tls: RedisTLS())
        #expect(configuration.tlsServerName == "redis.example")
        configuration.endpoint = .host("127.0.0.1", port: 1)
        #expect(configuration.tlsServerName == nil)
        configuration.tls?.serverName = "name.example"
        #expect(configuration.tlsServerName == "name.example")
    }
}
