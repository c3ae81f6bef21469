import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Which addresses requests may go to.
enum OutboundAddress {
    /// The kinds of address that matter here.
    enum Kind: Sendable, Hashable {
        /// Link-local (RFC 3927, RFC 4291 section 2.5.6) and the metadata services of clouds, which hand out credentials.
        case linkLocal
        /// This machine and private networks: RFC 1918, RFC 4193, RFC 6598, and the unspecified addresses.
        case internalNetwork
        /// All others.
        case global
    }

    /// The kind of an address; Unix sockets and what is no address of IP count as internal.
    static func kind(of address: SocketAddress) -> Kind {
        address.ipAddress.map(kind(ofText:)) ?? .internalNetwork
    }

    /// The kind of an address in its usual notation.
    static func kind(ofText text: String) -> Kind {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, text, &bytes) == 1 { return kind(bytes) }
        if inet_pton(AF_INET, text, &bytes) == 1 { return kind(Array(bytes[..<4])) }
        return .internalNetwork
    }

    /// The kind of an address of 4 or 16 bytes in network order.
    static func kind(_ bytes: [UInt8]) -> Kind {
        if bytes.count == 4 { return kind(version4: bytes) }
        let isEmbedded = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11].allSatisfy { $0 == 0xFF }
        // ::ffff:0:0/96 of RFC 4291 and 64:ff9b::/96 of RFC 6052 lead to an IPv4 address.
        if isEmbedded || bytes.prefix(12).elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return kind(version4: Array(bytes.suffix(4)))
        }
        // fd00:ec2::254 is the metadata service of AWS.
        if bytes.elementsEqual([0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54]) { return .linkLocal }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return .linkLocal }
        let isUnspecifiedOrLoopback = bytes.prefix(15).allSatisfy { $0 == 0 } && bytes[15] <= 1
        return isUnspecifiedOrLoopback || bytes[0] & 0xFE == 0xFC ? .internalNetwork : .global
    }

    private static func kind(version4 bytes: [UInt8]) -> Kind {
        switch (bytes[0], bytes[1]) {
        case (169, 254): .linkLocal
        // 100.100.100.200 is the metadata service of Alibaba Cloud, within 100.64.0.0/10.
        case (100, 100) where bytes[2] == 100 && bytes[3] == 200: .linkLocal
        case (0, _), (10, _), (127, _), (172, 16...31), (192, 168), (100, 64...127): .internalNetwork
        default: .global
        }
    }
}

/// The address that a name led to is not one that requests may go to.
struct AddressRefused: Error, Sendable, CustomStringConvertible {
    let kind: OutboundAddress.Kind
    var description: String {
        kind == .linkLocal
            ? "the address is link-local or a metadata service"
            : "the address is of an internal network (PROVISIONER_HTTP_ALLOW_PRIVATE=false)"
    }
}
