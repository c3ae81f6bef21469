import Configuration
import ConfigurationChecks
import Foundation
import NIOHTTP1
import OutboundHTTP
import Primitives
import StackTestSupport
import Synchronization
import TestSupport
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(20))) struct CredentialsProviderTests {
    private static let document = """
        {"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAKEY","SecretAccessKey":"hidden","Token":"hidden-token",
        "Expiration":"2030-01-05T10:00:00Z"}
        """

    /// The credentials that a process with these settings gets.
    private func fetch(_ variables: [String: String]) async throws -> AWSCredentials {
        let reader = ConfigReader(
            provider: EnvironmentVariablesProvider(
                environmentVariables: variables.merging(["AWS_REGION": "eu-west-1"]) { $1 }))
        let configuration = try AWSConfiguration(reader: reader)
        let http = OutboundHTTPClient(userAgent: "tests", addresses: .cloudServices)
        return try await withCleanup {
            try await configuration.credentials.provider(
                sts: configuration.endpoint(of: .sts), http: http
            ).fetch()
        } cleanup: {
            await http.shutdown()
        }
    }

    private func check(_ credentials: AWSCredentials) {
        #expect(credentials.accessKeyID == "ASIAKEY" && credentials.secretAccessKey == "hidden")
        #expect(credentials.sessionToken == "hidden-token")
        #expect(credentials.expiration == Timestamp(iso8601: "2030-01-05T10:00:00Z"))
    }

    private static func file(_ text: String) throws -> URL {
        let file = TestCommand.temporaryFile("token")
        try Data(text.utf8).write(to: file)
        return file
    }

    @Test func `instance metadata wants a session token, then gives the role and its keys`() async throws {
        try await ScriptedServer.run { request, _ in
            switch (request.method, request.uri) {
            case (.PUT, "/latest/api/token"):
                let seconds = request.headers.first(name: "x-aws-ec2-metadata-token-ttl-seconds")
                return seconds == nil ? .init(400) : .init(200, "session")
            case (.GET, let path) where request.headers.first(name: "x-aws-ec2-metadata-token") == "session":
                switch path {
                case "/latest/meta-data/iam/security-credentials/": return .init(200, "arc-role\n")
                case "/latest/meta-data/iam/security-credentials/arc-role": return .init(200, Self.document)
                default: return .init(404)
                }
            default: return .init(401)
            }
        } _: { server, url in
            check(try await fetch(["AWS_EC2_METADATA_SERVICE_ENDPOINT": url + "/"]))
            #expect(server.requests.count == 3)
        }
    }

    @Test func `an instance without a role, and an answer without keys, are errors that say so`() async throws {
        for (body, reason) in [
            ("", "the instance has no role"), ("role", "not JSON"),
            (#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"hidden"}"#, "AssumeRoleUnauthorizedAccess"),
            (#"{"Code":"Success","AccessKeyId":"hidden"}"#, "lacks"),
        ] {
            try await ScriptedServer.run { request, _ in
                if request.uri.hasSuffix("token") { return .init(200, "session") }
                return .init(200, request.uri.hasSuffix("/") && body != "" ? "role" : body)
            } _: { _, url in
                let error = await #expect(throws: CredentialsError.self) {
                    try await fetch(["AWS_EC2_METADATA_SERVICE_ENDPOINT": url])
                }
                #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
                #expect(error?.description.contains("hidden") == false)
            }
        }
    }

    @Test func `a container proves who it is with a token, which is read anew from its file`() async throws {
        try await ScriptedServer.run { request, _ in
            request.uri == "/v2/credentials?id=1"
                && request.headers.first(name: "authorization")?.hasPrefix("t") == true
                ? .init(200, Self.document) : .init(403)
        } _: { server, url in
            let settings = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url + "/v2/credentials?id=1"]
            check(try await fetch(settings.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "t1"]) { $1 }))
            let file = try Self.file("t2\n")
            defer { try? FileManager.default.removeItem(at: file) }
            let withFile = settings.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file.path]) { $1 }
            check(try await fetch(withFile))
            try Data("t3".utf8).write(to: file)
            check(try await fetch(withFile))
            #expect(server.requests.map { $0.headers.first(name: "authorization") } == ["t1", "t2", "t3"])
            await #expect(
                throws: CredentialsError(
                    source: ContainerCredentials.source, reason: "the service answered with status 403")
            ) {
                try await fetch(settings)
            }
            try Data("t\r\nx: y".utf8).write(to: file)
            await #expect(throws: CredentialsError.self) { try await fetch(withFile) }
            #expect(server.requests.count == 4)
        }
    }

    @Test func `a server that cannot serve now is asked again`() async throws {
        try await ScriptedServer.run { _, number in
            number < 2 ? .init(number == 0 ? 503 : 429) : .init(200, Self.document)
        } _: { server, url in
            check(try await fetch(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]))
            #expect(server.requests.count == 3)
        }
    }

    @Test func `a role is assumed with the token in a file`() async throws {
        let file = try Self.file("web+token/=\n")
        defer { try? FileManager.default.removeItem(at: file) }
        let answer = """
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
            <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAKEY</AccessKeyId>
            <SecretAccessKey>hidden</SecretAccessKey><SessionToken>hidden-token</SessionToken>
            <Expiration>2030-01-05T10:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
            </AssumeRoleWithWebIdentityResponse>
            """
        let settings = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": file.path, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/arc",
        ]
        try await ScriptedServer.run { request, _ in
            request.headers.contains(name: "authorization") ? .init(400) : .init(200, answer)
        } _: { server, url in
            check(try await fetch(settings.merging(["AWS_ENDPOINT_URL_STS": url]) { $1 }))
            let form = try #require(server.requests.first?.body)
            #expect(form.contains("Action=AssumeRoleWithWebIdentity&Version=2011-06-15"))
            #expect(form.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Farc&RoleSessionName=arc"))
            #expect(form.hasSuffix("WebIdentityToken=web%2Btoken%2F%3D"))
        }
        let refusal = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>web+token/=</Message></Error>"
        try await ScriptedServer.run { _, _ in
            .init(400, refusal)
        } _: { _, url in
            let error = await #expect(throws: CredentialsError.self) {
                try await fetch(settings.merging(["AWS_ENDPOINT_URL_STS": url]) { $1 })
            }
            #expect(error?.reason == "STS answered InvalidIdentityToken")
        }
    }

    @Test func `moto's STS gives keys that can be read`() async throws {
        let file = try Self.file("token")
        defer { try? FileManager.default.removeItem(at: file) }
        let credentials = try await fetch([
            "AWS_WEB_IDENTITY_TOKEN_FILE": file.path, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/arc",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:\(try await AWSTestServer.port())",
        ])
        #expect(credentials.accessKeyID.hasPrefix("ASIA") && credentials.sessionToken != nil)
        #expect(try #require(credentials.expiration) > SystemClock().now().adding(.seconds(600)))
    }
}
