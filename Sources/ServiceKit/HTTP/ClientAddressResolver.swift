import HTTPTypes
import Hummingbird
import NIOCore

/// Finds the address of the client: the peer's own, or what a trusted proxy in front says.
///
/// Headers are believed only when the peer is one of `TRUSTED_PROXIES`, because anybody can send them (contract 13.1).
package struct ClientAddressResolver: Sendable {
    private let trustedProxies: Set<String>

    /// - Parameter trustedProxies: IP addresses of the proxies whose `X-Forwarded-For` counts.
    package init(trustedProxies: Set<String>) {
        self.trustedProxies = trustedProxies
    }

    func address(of request: Request, context: ServiceRequestContext) -> String {
        let peer = context.remoteAddress?.ipAddress ?? "local"
        guard trustedProxies.contains(peer), let forwarded = request.headers[.xForwardedFor] else { return peer }
        // The list grows to the right; the last entry that is not one of our own proxies is the client.
        let hops = forwarded.split(separator: ",").map { $0.trimmingSpaces() }
        return hops.last { !trustedProxies.contains($0) && !$0.isEmpty } ?? peer
    }
}

extension HTTPField.Name {
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For") ?? .from
}
