import Configuration
import ConfigurationChecks
import DNSClient
import FoundationEssentials
import ServiceKit

/// Settings of the proof of domains; those of ``DNSConfiguration`` as well.
struct DomainConfiguration: Sendable {
    var dns: DNSConfiguration
    var verificationLimit: RateLimit
    var publicSuffixes: PublicSuffixList

    private enum Settings {
        static let attempts = Setting.integer(
            "DOMAIN_VERIFY_MAX_ATTEMPTS", default: 30, in: 1...1_000_000,
            "Lookups of the records of domains for one tenant in ten minutes")
        static let publicSuffixes = Setting.optionalText(
            "PUBLIC_SUFFIX_LIST", unset: "`\(systemList)`, if it exists", values: "path of a file that can be read",
            "Domains that no tenant can claim (publicsuffix.org; Debian's package `publicsuffix`, which keeps it up to date). Without the default file nothing is checked, and a warning is logged"
        ) { FileManager.default.isReadableFile(atPath: $0) }
    }

    static let configurationKeys = ConfigurationKeys(combining: [
        DNSConfiguration.configurationKeys,
        ConfigurationKeys("mail domains", [Settings.attempts, Settings.publicSuffixes]),
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
            limit: try reader.value(Settings.attempts), window: .seconds(600))
        let path = try reader.value(Settings.publicSuffixes)
        let hasSystemList = FileManager.default.isReadableFile(atPath: Self.systemList)
        publicSuffixes = PublicSuffixList(path: path ?? (hasSystemList ? Self.systemList : nil))
    }
}
