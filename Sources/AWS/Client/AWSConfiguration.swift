package import Configuration
package import ConfigurationChecks
import OutboundHTTP

/// How this process reaches AWS.
package struct AWSConfiguration: Sendable {
    package let region: String
    /// For a call with all its repetitions; long polls have their waiting time besides.
    package let timeout: Duration
    let endpoints: [AWSService: AWSEndpoint]
    let credentials: CredentialsSource

    package static let configurationKeys = ConfigurationKeys(
        [
            "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_REQUEST_TIMEOUT_MILLIS", "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_STS",
        ], secrets: ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"])

    /// Reads the variables of the AWS SDKs and `AWS_REQUEST_TIMEOUT_MILLIS` (10000).
    /// - Throws: `ConfigurationFailure` that names the variable.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        let fallback = reader.text("aws.default.region")
        guard let region = reader.text("aws.region") ?? fallback else {
            throw ConfigurationFailure(key: "AWS_REGION", reason: "is missing")
        }
        guard (1...64).contains(region.utf8.count), region.utf8.allSatisfy(Self.isOfRegion) else {
            throw ConfigKey("aws.region").failure(region, "the name of a region, such as eu-west-1")
        }
        self.region = region
        timeout = try reader.milliseconds("aws.request.timeout.millis", default: 10_000, in: 100...600_000)
        let common = try Self.endpoint("aws.endpoint.url", reader)
        var endpoints: [AWSService: AWSEndpoint] = [:]
        for service in AWSService.all {
            let key = ConfigKey(["aws", "endpoint", "url", service.variable])
            endpoints[service] =
                try Self.endpoint(key, reader) ?? common ?? AWSEndpoint(service: service.name, region: region)
        }
        self.endpoints = endpoints
        credentials = try CredentialsSource(reader: reader)
    }

    func endpoint(of service: AWSService) -> AWSEndpoint {
        endpoints[service] ?? AWSEndpoint(service: service.name, region: region)
    }

    private static func endpoint(
        _ key: ConfigKey, _ reader: ConfigReader
    ) throws(ConfigurationFailure) -> AWSEndpoint? {
        guard let text = reader.text(key) else { return nil }
        guard let endpoint = AWSEndpoint(text) else {
            throw ConfigurationFailure(key: key.environmentName, reason: "must be an http or https URL without query")
        }
        return endpoint
    }

    private static func isOfRegion(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
