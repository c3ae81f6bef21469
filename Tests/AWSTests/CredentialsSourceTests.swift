import Configuration
import ConfigurationChecks
import OutboundHTTP
import Testing

@testable import AWS

@Suite struct CredentialsSourceTests {
    private func source(_ variables: [String: String]) throws -> CredentialsSource {
        try CredentialsSource(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    private static let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hidden"]
    private static let identity = [
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/arc",
    ]
    private static let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/1"]

    @Test func `the first source that is configured is used`() throws {
        let everything = Self.keys.merging(Self.identity) { $1 }.merging(Self.container) { $1 }
        guard case .environment = try source(everything) else { throw Unexpected() }
        guard case .webIdentity(_, _, "arc") = try source(Self.identity.merging(Self.container) { $1 }) else {
            throw Unexpected()
        }
        #expect(try source(Self.container) == .container(url: "http://169.254.170.2/v2/1", .absent))
        #expect(try source([:]) == .instance(endpoint: "http://169.254.169.254"))
    }

    private struct Unexpected: Error {}

    @Test(arguments: [
        (["AWS_ACCESS_KEY_ID": "AKID"], "AWS_SECRET_ACCESS_KEY"),
        (["AWS_SECRET_ACCESS_KEY": "hidden"], "AWS_ACCESS_KEY_ID"),
        (["AWS_ACCESS_KEY_ID": "A\nB", "AWS_SECRET_ACCESS_KEY": "hidden"], "AWS_ACCESS_KEY_ID"),
        (["AWS_WEB_IDENTITY_TOKEN_FILE": "/token"], "AWS_ROLE_ARN"),
        (["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arc"], "AWS_ROLE_ARN"),
        (
            [
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/arc",
                "AWS_ROLE_SESSION_NAME": "a b",
            ], "AWS_ROLE_SESSION_NAME"
        ),
        (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "v2"], "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/a b"], "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"], "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1/x"], "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "ftp://127.0.0.1/x"], "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        (["AWS_EC2_METADATA_DISABLED": "true"], "AWS_ACCESS_KEY_ID"),
        (["AWS_EC2_METADATA_DISABLED": "maybe"], "AWS_EC2_METADATA_DISABLED"),
        (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1/x"], "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
    ])
    func `settings that do not go together stop the start, and the error names one`(
        variables: [String: String], key: String
    ) throws {
        let failure = try #require(throws: ConfigurationFailure.self) { try source(variables) }
        #expect(failure.key == key)
        #expect(!failure.description.contains("hidden"))
    }

    @Test(arguments: [
        "https://credentials.example.com/x", "http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]/x",
        "http://169.254.170.2/x", "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1",
    ])
    func `a container may ask at these addresses`(url: String) throws {
        #expect(try source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) == .container(url: url, .absent))
    }

    @Test(arguments: [
        ([:], "AWS_REGION"), (["AWS_REGION": "Europe"], "AWS_REGION"),
        (["AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_SQS": "sqs"], "AWS_ENDPOINT_URL_SQS"),
        (["AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://h/?a=b"], "AWS_ENDPOINT_URL"),
        (["AWS_REGION": "eu-west-1", "AWS_REQUEST_TIMEOUT_MILLIS": "0"], "AWS_REQUEST_TIMEOUT_MILLIS"),
    ])
    func `a region and endpoints must be right`(variables: [String: String], key: String) throws {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        #expect(try #require(throws: ConfigurationFailure.self) { try AWSConfiguration(reader: reader) }.key == key)
    }

    @Test func `an endpoint of a service takes precedence over the one for all, and both over the region's`() throws {
        func endpoint(_ service: AWSService, _ variables: [String: String]) throws -> AWSEndpoint {
            let all = variables.merging(["AWS_DEFAULT_REGION": "cn-north-1"]) { $1 }
            let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: all))
            return try AWSConfiguration(reader: reader).endpoint(of: service)
        }
        #expect(try endpoint(.sqs, [:]).url == "https://sqs.cn-north-1.amazonaws.com.cn/")
        let both = ["AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_ENDPOINT_URL_SQS": "https://q.example.com:443/x"]
        #expect(try endpoint(.eventBridge, both).host == "127.0.0.1:4566")
        #expect(try endpoint(.eventBridge, both).url == "http://127.0.0.1:4566/")
        let sqs = try endpoint(.sqs, both)
        #expect(sqs.host == "q.example.com" && sqs.path == "/x" && sqs.url == "https://q.example.com:443/x")
        #expect(AWSEndpoint("http://[::1]:8080")?.host == "[::1]:8080")
    }
}
