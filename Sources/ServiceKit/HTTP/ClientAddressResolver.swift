import HTTPTypes
import Hummingbird
import NIOCore
import Primitives

/// Finds the address of the client: the peer's own, or what a trusted proxy in front says.
///
/// `X-Forwarded-For` is believed only when the peer is one of `TRUSTED_PROXIES`, because anybody can send it.
package struct ClientAddressResolver: Sendable {
    private let trustedProxies: Set<ClientAddress>

    /// - Parameter trustedProxies: IP addresses of the proxies whose `X-Forwarded-For` counts.
    package init(trustedProxies: Set<ClientAddress>) {
        self.trustedProxies = trustedProxies
    }

    func address(of request: Request, context: ServiceRequestContext) -> ClientAddress {
        address(peer: context.remoteAddress, headers: request.headers)
    }

    func address(peer address: SocketAddress?, headers: HTTPFields) -> ClientAddress {
        let peer = ClientAddress(address)
        guard trustedProxies.contains(peer), let forwarded = headers[.xForwardedFor] else { return peer }
        // The list grows to the right; the last entry that is not one of our own proxies is the client. An entry that is
        // no address cannot tell clients apart, so the entries before it are not believed either.
        for hop in forwarded.split(separator: ",").reversed() {
            guard let address = ClientAddress(forwarded: hop.trimmingSpaces()) else { return peer }
            if !trustedProxies.contains(address) { return address }
        }
        return peer
    }
}

extension HTTPField.Name {
    static let xForwardedFor = HTTPField.Name(literal: "X-Forwarded-For")
}
