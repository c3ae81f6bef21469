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

    private enum Settings {
        static let region = makeRegion("AWS_REGION", unset: "`AWS_DEFAULT_REGION`, one of them is required", "Region")
        static let defaultRegion = makeRegion("AWS_DEFAULT_REGION", unset: nil, "Region unless `AWS_REGION` is set")
        static let timeout = Setting.duration(
            "AWS_REQUEST_TIMEOUT_MILLIS", default: 10_000, in: 100...600_000,
            "Time for a call with all its repetitions; long polls have `SQS_WAIT_SECONDS` besides")
        static let commonEndpoint = makeEndpoint(
            "AWS_ENDPOINT_URL", unset: "that of the region",
            "Another endpoint for all services, such as that of an emulator or a private network")

        static func endpoint(of service: AWSService) -> Setting<AWSEndpoint?> {
            makeEndpoint(
                "AWS_ENDPOINT_URL_\(service.variable.uppercased())", unset: "`AWS_ENDPOINT_URL`",
                "Another endpoint for this service")
        }

        private static func makeEndpoint(_ name: String, unset: String, _ meaning: String) -> Setting<AWSEndpoint?> {
            .parsed(name, default: nil, unset: unset, values: "an http or https URL without query", meaning) {
                AWSEndpoint($0).map { .some($0) }
            }
        }

        private static func makeRegion(_ name: String, unset: String?, _ meaning: String) -> Setting<String?> {
            .optionalText(name, unset: unset, values: "the name of a region, such as eu-west-1", meaning) {
                (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy(isOfRegion)
            }
        }
    }

    package static let configurationKeys = ConfigurationKeys(combining: [
        ConfigurationKeys(
            "AWS",
            [Settings.region, Settings.defaultRegion, Settings.timeout, Settings.commonEndpoint]
                + AWSService.all.map { Settings.endpoint(of: $0) as any DescribedSetting }),
        CredentialsSource.configurationKeys,
    ])

    /// Reads the variables of the AWS SDKs.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        let fallback = try reader.value(Settings.defaultRegion)
        guard let region = try reader.value(Settings.region) ?? fallback else {
            throw ConfigurationFailure(key: "AWS_REGION", reason: "is missing")
        }
        self.region = region
        timeout = try reader.value(Settings.timeout)
        let common = try reader.value(Settings.commonEndpoint)
        var endpoints: [AWSService: AWSEndpoint] = [:]
        for service in AWSService.all {
            endpoints[service] =
                try reader.value(Settings.endpoint(of: service)) ?? common
                ?? AWSEndpoint(service: service.name, region: region)
        }
        self.endpoints = endpoints
        credentials = try CredentialsSource(reader: reader)
    }

    func endpoint(of service: AWSService) -> AWSEndpoint {
        endpoints[service] ?? AWSEndpoint(service: service.name, region: region)
    }

    private static func isOfRegion(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
