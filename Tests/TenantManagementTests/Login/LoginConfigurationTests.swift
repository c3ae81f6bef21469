import Configuration
import ConfigurationChecks
import ServiceKit
import Testing

@testable import TenantManagement

@Suite struct LoginConfigurationTests {
    private static let valid = [
        "OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "arc",
        "OIDC_REDIRECT_URI": "https://arc.example.com/auth/callback", "OIDC_ROLE_MAPPING": "{\"a\": [\"Support\"]}",
    ]

    private func read(
        _ changes: [String: String] = [:]
    ) throws(ConfigurationFailure) -> LoginConfiguration? {
        try LoginConfiguration.read(
            ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: Self.valid.merging(changes) { $1 })))
    }

    @Test func `logins are off without an issuer`() throws {
        let nothing = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: [:]))
        #expect(try LoginConfiguration.read(nothing) == nil)
        let failure = #expect(throws: ConfigurationFailure.self) { try read(["OIDC_ISSUER": ""]) }
        #expect(failure?.key == "OIDC_ISSUER")
    }

    @Test func `the defaults are those of the document`() throws {
        let configuration = try #require(try read())
        #expect(configuration.scopes == "openid profile email" && configuration.clientSecret == nil)
        #expect(configuration.idleLifetime == .seconds(1800) && configuration.sessionLifetime == .seconds(28_800))
        #expect(configuration.sessionsPerUser == 10 && configuration.clockSkew == .seconds(60))
        #expect(configuration.userIDClaim == "sub" && configuration.mapping.claim == "roles")
        #expect(configuration.sessions.origin == "https://arc.example.com" && configuration.sessions.cookies.isSecure)
    }

    @Test func `the origin is written as browsers write it`() throws {
        func origin(_ uri: String) throws -> String? { try read(["OIDC_REDIRECT_URI": uri])?.sessions.origin }
        #expect(try origin("https://ARC.example.com:443/auth/callback") == "https://arc.example.com")
        #expect(try origin("https://arc.example.com:8443/x/auth/callback") == "https://arc.example.com:8443")
        #expect(try origin("http://127.0.0.1:3005/auth/callback") == "http://127.0.0.1:3005")
        #expect(try origin("http://[::1]:3005/auth/callback") == "http://[::1]:3005")
    }

    @Test(arguments: [
        ("OIDC_ISSUER", "http://id.example.com"), ("OIDC_ISSUER", "id.example.com"), ("OIDC_ISSUER", "https://a?b=c"),
        ("OIDC_CLIENT_ID", ""), ("OIDC_REDIRECT_URI", ""),
        ("OIDC_REDIRECT_URI", "http://arc.example.com/auth/callback"),
        ("OIDC_REDIRECT_URI", "https://arc.example.com"), ("OIDC_REDIRECT_URI", "https://arc.example.com/a?b=c"),
        ("OIDC_REDIRECT_URI", "/auth/callback"), ("OIDC_SCOPES", "profile"), ("OIDC_SCOPES", "openid \"x\""),
        ("OIDC_ROLE_MAPPING", "{"), ("OIDC_ROLE_MAPPING", ""), ("OIDC_ROLE_MAPPING_FILE", "/nonexistent"),
        ("OIDC_CLOCK_SKEW_SECONDS", "301"), ("SESSION_IDLE_SECONDS", "1"), ("SESSION_LIFETIME_SECONDS", "x"),
        ("SESSION_LIMIT_PER_USER", "0"), ("SESSION_REDIS_DATABASE", "16"),
    ])
    func `a mistake is named`(variable: String, value: String) {
        let failure = #expect(throws: ConfigurationFailure.self) { try read([variable: value]) }
        #expect(failure?.key == variable)
    }

    @Test func `all mistakes are listed at once`() throws {
        let failure = try #require(
            #expect(throws: ConfigurationFailure.self) {
                try read([
                    "OIDC_CLIENT_ID": "", "OIDC_REDIRECT_URI": "", "OIDC_ROLE_MAPPING": "[]",
                    "SESSION_IDLE_SECONDS": "0",
                ])
            })
        for name in ["OIDC_CLIENT_ID", "OIDC_REDIRECT_URI", "OIDC_ROLE_MAPPING", "SESSION_IDLE_SECONDS"] {
            #expect("\(failure)".contains(name))
        }
    }
}
