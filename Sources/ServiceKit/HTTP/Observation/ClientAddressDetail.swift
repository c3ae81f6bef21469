package import Configuration
package import ConfigurationChecks

/// How much of the addresses of clients is shown in the access log and in traces (`LOG_CLIENT_ADDRESSES`). An address is personal
/// data.
package enum ClientAddressDetail: String, Sendable, Hashable, CaseIterable {
    /// The whole address.
    case full
    /// The network: the first three numbers of an IPv4 address, and the first 48 bits of an IPv6 address. Addresses of this machine
    /// and of private networks are shown whole: they belong to proxies and other services.
    case network
    case none

    package static let configurationKeys: ConfigurationKeys = ["LOG_CLIENT_ADDRESSES"]

    /// - Throws: `ConfigurationFailure` for another word.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self = try reader.choice("log.client.addresses") ?? .network
    }

    /// What is shown of an address; nil for nothing.
    func text(of address: ClientAddress) -> String? {
        switch self {
        case .full: address.description
        case .network: address.isInternal ? address.description : address.wideNetwork
        case .none: nil
        }
    }
}
