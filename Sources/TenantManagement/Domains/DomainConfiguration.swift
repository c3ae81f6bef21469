import Configuration
import ConfigurationChecks
import DNSClient
import FoundationEssentials
import ServiceKit

/// Settings of the proof of domains; those of ``DNSConfiguration`` as well.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `DOMAIN_VERIFY_MAX_ATTEMPTS` | 1 … 1000000 | 30 | lookups for one tenant in ten minutes |
/// | `PUBLIC_SUFFIX_LIST` | | Debian's file | list of the domains that belong to no tenant |
struct DomainConfiguration: Sendable {
    var dns: DNSConfiguration
    var verificationLimit: RateLimit
    var publicSuffixes: PublicSuffixList

    static let configurationKeys = ConfigurationKeys(combining: [
        DNSConfiguration.configurationKeys, ["DOMAIN_VERIFY_MAX_ATTEMPTS", "PUBLIC_SUFFIX_LIST"],
    ])

    /// Where Debian's package `publicsuffix` has the list.
    private static let systemList = "/usr/share/publicsuffix/public_suffix_list.dat"

    /// What an operator should know about the configuration at startup.
    var warnings: [String] {
        guard publicSuffixes.path == nil else { return [] }
        return [
            "The public suffix list \(Self.systemList) is missing: domains such as co.uk can be claimed and approved"
        ]
    }

    /// - Throws: ``ConfigurationFailure`` when a value is out of range, or the file of `PUBLIC_SUFFIX_LIST` is missing.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        dns = try DNSConfiguration(reader: reader)
        verificationLimit = RateLimit(
            limit: try reader.integer("domain.verify.max.attempts", default: 30, in: 1...1_000_000),
            window: .seconds(600))
        let path = reader.text("public.suffix.list")
        if let path, !FileManager.default.isReadableFile(atPath: path) {
            throw ConfigurationFailure(key: "PUBLIC_SUFFIX_LIST", reason: "is \"\(path)\", which cannot be read")
        }
        let hasSystemList = FileManager.default.isReadableFile(atPath: Self.systemList)
        publicSuffixes = PublicSuffixList(path: path ?? (hasSystemList ? Self.systemList : nil))
    }
}
