import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where requests may go to. It is checked on the connection, after name resolution and before anything is sent, so a
/// name that leads elsewhere on its second resolution gains nothing.
package enum OutboundAddressPolicy: Sendable, Hashable {
    /// Public addresses only: for URLs that customers choose.
    case publicOnly
    /// Public addresses, this machine and private networks: for URLs that operators configure. Link-local addresses and
    /// metadata services of clouds are refused all the same.
    case publicAndPrivate
    /// Everything, link-local addresses and metadata services too: only for the services of a cloud that hand a machine its
    /// own credentials, at addresses that the cloud's documentation or an operator names.
    case cloudServices

    func allows(_ kind: OutboundAddress.Kind) -> Bool {
        switch kind {
        case .publicNetwork: true
        case .privateNetwork: self != .publicOnly
        case .linkLocal: self == .cloudServices
        }
    }

    func check(_ channel: any Channel) -> EventLoopFuture<Void> {
        let kind = channel.remoteAddress.map { OutboundAddress.kind(of: $0) } ?? .privateNetwork
        return allows(kind)
            ? channel.eventLoop.makeSucceededVoidFuture()
            : channel.eventLoop.makeFailedFuture(AddressRefused(kind: kind))
    }
}

/// The kinds of IP address that matter for requests to systems outside.
package enum OutboundAddress {
    /// How far an address reaches.
    package enum Kind: Sendable, Hashable {
        /// Link-local (RFC 3927, RFC 4291 section 2.5.6) and the metadata services of clouds, which hand out credentials.
        case linkLocal
        /// This machine, private networks, and everything else that is not globally reachable (RFC 6890).
        case privateNetwork
        /// All others.
        case publicNetwork
    }

    /// The kind of an address; Unix sockets and unknown families count as private.
    static func kind(of address: SocketAddress) -> Kind {
        address.ipAddress.map(kind(ofText:)) ?? .privateNetwork
    }

    /// The kind of an address in its usual notation.
    package static func kind(ofText text: String) -> Kind {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, text, &bytes) == 1 { return kind(version6: bytes) }
        if inet_pton(AF_INET, text, &bytes) == 1 { return kind(version4: Array(bytes[..<4])) }
        return .privateNetwork
    }

    private static func kind(version6 bytes: [UInt8]) -> Kind {
        if let embedded = embeddedVersion4(bytes) { return kind(version4: embedded) }
        // fd00:ec2::254 is the metadata service of AWS, fd20:ce::254 that of Google Cloud.
        if bytes.elementsEqual([0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54]) { return .linkLocal }
        if bytes.elementsEqual([0xFD, 0x20, 0, 0xCE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54]) { return .linkLocal }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return .linkLocal }
        // 2000::/3 is what is assigned for global unicast (RFC 4291 section 2.4), but 2001:db8::/32, 2001::/23 (of which
        // Teredo is a part) and 3fff::/20 are not globally reachable.
        guard bytes[0] & 0xE0 == 0x20 else { return .privateNetwork }
        let isSpecial =
            bytes[..<4].elementsEqual([0x20, 0x01, 0x0D, 0xB8])
            || (bytes[..<2].elementsEqual([0x20, 0x01]) && bytes[2] < 2)
            || (bytes[..<2].elementsEqual([0x3F, 0xFF]) && bytes[2] < 0x10)
        return isSpecial ? .privateNetwork : .publicNetwork
    }

    /// The IPv4 address that an IPv6 address leads to: mapped (RFC 4291), translated (RFC 6052) or 6to4 (RFC 3056).
    private static func embeddedVersion4(_ bytes: [UInt8]) -> [UInt8]? {
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11].allSatisfy { $0 == 0xFF }
        let isTranslated = bytes.prefix(12).elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
        if isMapped || isTranslated { return Array(bytes.suffix(4)) }
        return bytes[..<2].elementsEqual([0x20, 0x02]) ? Array(bytes[2..<6]) : nil
    }

    private static func kind(version4 bytes: [UInt8]) -> Kind {
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        case (169, 254, _, _): .linkLocal
        // Metadata services of Alibaba Cloud (within 100.64.0.0/10), Oracle Cloud (within 192.0.0.0/24) and Azure.
        case (100, 100, 100, 200), (192, 0, 0, 192), (168, 63, 129, 16): .linkLocal
        case (0, _, _, _), (10, _, _, _), (127, _, _, _), (172, 16...31, _, _), (192, 168, _, _), (100, 64...127, _, _):
            .privateNetwork
        // Protocol assignments, documentation, benchmarks, multicast, reserved, broadcast.
        case (192, 0, 0, _), (192, 0, 2, _), (198, 51, 100, _), (203, 0, 113, _), (198, 18...19, _, _):
            .privateNetwork
        case (224..., _, _, _): .privateNetwork
        default: .publicNetwork
        }
    }
}

/// The address that a name led to is not one that requests may go to.
struct AddressRefused: Error, Sendable, CustomStringConvertible {
    let kind: OutboundAddress.Kind
    var description: String {
        kind == .linkLocal
            ? "the address is link-local or a metadata service"
            : "the address is of an internal network, which is not allowed"
    }
}
