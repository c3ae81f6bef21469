import Configuration
import ConfigurationChecks
import HTTPTypes
import JSONCoding
import ServiceKit
import Testing

@testable import TenantManagement

@Suite struct IdentityProviderTests {
    private func read(_ variables: [String: String]) throws(ConfigurationFailure) -> IdentityProviderConfiguration {
        try IdentityProviderConfiguration(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test(arguments: [
        ("id.example.com", "https://id.example.com"), ("https://id.example.com/auth//", "https://id.example.com/auth"),
        ("HTTPS://id.example.com:8443", "HTTPS://id.example.com:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"), ("http://127.8.9.1:1", "http://127.8.9.1:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ])
    func `credentials are sent over TLS or to this machine`(_ text: String, _ expected: String) throws {
        #expect(try IdentityProviderURL.parse(text, variable: "X") == expected)
    }

    @Test(arguments: [
        "http://id.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://localhost.example.com",
        "http://128.0.0.1", "http://127.0.0", "ftp://id.example.com", "https://", "https://user:pw@id.example.com",
        "https://id.example.com/?a=b", "https://id.example.com/#a", "id example com", "",
    ])
    func `credentials are sent to no other address`(_ text: String) {
        #expect(throws: ConfigurationFailure.self) { try IdentityProviderURL.parse(text, variable: "X") }
    }

    @Test func `an invalid address prevents startup and is not printed`() throws {
        let failure = #expect(throws: ConfigurationFailure.self) {
            try read(["KEYCLOAK_HOST": "https://admin:hunter2@id.example.com"])
        }
        #expect(failure?.key == "KEYCLOAK_HOST" && failure?.description.contains("hunter2") == false)
        #expect(throws: ConfigurationFailure.self) { try read(["PASSWORD_LENGTH": "11"]) }
    }

    @Test func `Auth0's audience is derived from its domain`() throws {
        var variables = ["AUTH0_DOMAIN": "acme.eu.auth0.com", "AUTH0_CLIENT_ID": "a", "AUTH0_CLIENT_SECRET": "b"]
        guard case .complete(let settings) = try read(variables).auth0 else { throw Incomplete() }
        #expect(settings.audience == "https://acme.eu.auth0.com/api/v2/")
        variables["AUTH0_AUDIENCE"] = "urn:other"
        guard case .complete(let other) = try read(variables).auth0 else { throw Incomplete() }
        #expect(other.audience == "urn:other")
        variables["AUTH0_CLIENT_SECRET"] = ""
        guard case .missing(["AUTH0_CLIENT_SECRET"]) = try read(variables).auth0 else { throw Incomplete() }
    }

    private struct Incomplete: Error {}

    @Test func `passwords satisfy the usual policies`() {
        var seen: Set<String> = []
        for length in 12...64 {
            let password = PasswordGenerator.make(length: length)
            #expect(password.count == length && password.allSatisfy { $0.isASCII })
            #expect(password.contains(where: \.isLowercase) && password.contains(where: \.isUppercase))
            #expect(password.contains(where: \.isNumber) && password.contains { !$0.isLetter && !$0.isNumber })
            seen.insert(password)
        }
        #expect(seen.count == 53)
    }

    @Test func `each failure says whether a repetition helps`() {
        let cases: [(IdentityProviderFailure, Int, String?)] = [
            (.unavailable(step: "x", reason: "secret"), 503, "IDENTITY_PROVIDER_UNAVAILABLE"),
            (.denied(step: "x", status: 401), 502, "IDENTITY_PROVIDER_DENIED"),
            (.refused(step: "x", status: 400, code: "weak"), 422, "IDENTITY_PROVIDER_REFUSED"),
            (.unusable(path: "/a", reason: "x"), 422, "VALIDATION_FAILED"),
            (.unusable(path: "", reason: "x"), 422, nil),
            (.taken("x"), 409, "IDENTITY_PROVIDER_TAKEN"),
        ]
        for (failure, status, code) in cases {
            let answer = FirstUserError.provider("keycloak", failure).httpFailure
            #expect(answer.status.code == status && answer.code == code)
            #expect(answer.message.stringValue?.contains("secret") == false)
        }
    }
}
