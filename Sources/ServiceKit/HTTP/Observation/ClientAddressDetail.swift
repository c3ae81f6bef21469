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

    package static let setting = Setting<ClientAddressDetail>.choice(
        "LOG_CLIENT_ADDRESSES", default: .network,
        "How much of clients' addresses the access log and traces show: `network` is 192.0.2.0/24 or 2001:db8:1::/48, but addresses of private networks whole"
    )

    /// What is shown of an address; nil for nothing.
    func text(of address: ClientAddress) -> String? {
        switch self {
        case .full: address.description
        case .network: address.isInternal ? address.description : address.wideNetwork
        case .none: nil
        }
    }
}
