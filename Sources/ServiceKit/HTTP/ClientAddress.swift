package import NIOCore

/// The IP address of a client. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
package struct ClientAddress: Sendable, Hashable, CustomStringConvertible {
    private enum Value: Sendable, Hashable {
        /// A socket without an IP address.
        case local
        case ipv4(UInt32)
        case ipv6(upper: UInt64, lower: UInt64)
    }

    private let value: Value

    /// The address of a peer; nil and addresses of other families stand for this machine.
    package init(_ address: SocketAddress?) {
        // The layout of the system's structures: an IPv4 address is at byte 4, an IPv6 address at byte 8.
        switch address {
        case .v4(let socket):
            value = withUnsafeBytes(of: socket.address) {
                .ipv4(UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            }
        case .v6(let socket):
            value = withUnsafeBytes(of: socket.address) { bytes in
                let upper = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                let lower = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                let isMapped = upper == 0 && lower >> 32 == 0xFFFF
                return isMapped ? .ipv4(UInt32(truncatingIfNeeded: lower)) : .ipv6(upper: upper, lower: lower)
            }
        default: value = .local
        }
    }

    /// Reads an address as text, without a port.
    package init?(_ text: String) {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        self.init(address)
    }

    /// Reads an address as proxies write it into `X-Forwarded-For`: with or without a port, IPv6 with a port in
    /// brackets.
    init?(forwarded text: some StringProtocol) {
        if text.hasPrefix("[") {
            self.init(String(text.dropFirst().prefix { $0 != "]" }))
        } else if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
            self.init(String(text.prefix { $0 != ":" }))
        } else {
            self.init(String(text))
        }
    }

    /// The text by which this client is counted: an IPv4 address, or the /64 network of an IPv6 address, of which one
    /// subscriber has all 2^64 addresses.
    package var network: String {
        switch value {
        case .local, .ipv4: return description
        case .ipv6(let upper, _):
            let groups = [48, 32, 16, 0].map { String((upper >> $0) & 0xFFFF, radix: 16) }
            return groups.joined(separator: ":") + "::/64"
        }
    }

    /// Whether it is this machine's, or of a private network (RFC 1918, RFC 4193, RFC 6598) or link.
    var isInternal: Bool {
        switch value {
        case .local: return true
        case .ipv4(let bits):
            let (first, second) = (bits >> 24, (bits >> 16) & 0xFF)
            return first == 10 || first == 127 || (first == 172 && (16...31).contains(second))
                || (first == 192 && second == 168) || (first == 169 && second == 254)
                || (first == 100 && (64...127).contains(second))
        case .ipv6(let upper, let lower):
            return upper >> 57 == 0x7E || upper >> 54 == 0x3FA || (upper == 0 && lower <= 1)
        }
    }

    /// The network of many subscribers: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
    var wideNetwork: String {
        switch value {
        case .local: return description
        case .ipv4(let bits):
            return Self.dotted(bits, numbers: 3) + ".0/24"
        case .ipv6(let upper, _):
            let groups = [48, 32, 16].map { String((upper >> $0) & 0xFFFF, radix: 16) }
            return groups.joined(separator: ":") + "::/48"
        }
    }

    /// The first numbers of an IPv4 address. Each line of the access log has one.
    private static func dotted(_ bits: UInt32, numbers: Int) -> String {
        var text = String(bits >> 24)
        for number in 1..<numbers {
            text += "."
            text += String(UInt8(truncatingIfNeeded: bits >> (24 - 8 * number)))
        }
        return text
    }

    /// The address in its usual form (RFC 5952 for IPv6), or `local`.
    package var description: String {
        switch value {
        case .local: return "local"
        case .ipv4(let bits): return Self.dotted(bits, numbers: 4)
        case .ipv6(let upper, let lower):
            var bytes = ByteBuffer()
            bytes.writeInteger(upper)
            bytes.writeInteger(lower)
            return (try? SocketAddress(packedIPAddress: bytes, port: 0))?.ipAddress ?? network
        }
    }
}
