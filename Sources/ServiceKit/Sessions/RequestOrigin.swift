package import HTTPTypes
import Primitives

/// Whether a browser says that a request comes from a page that may use sessions.
///
/// The second barrier beside ``CrossSiteTokens``. Browsers send `Sec-Fetch-Site` or `Origin` with every change; programs send
/// neither, and need the token all the same.
package struct RequestOrigin: Sendable {
    private let own: String
    private let others: AllowedOrigins
    /// In development pages of any port of this machine may: cookies do not tell ports apart either.
    private let developmentHost: String?

    /// - Parameters:
    ///   - own: Scheme, host and port under which browsers reach the services.
    ///   - others: Further origins; `*` allows none.
    package init(own: String, others: AllowedOrigins) {
        self.own = own
        self.others = others
        developmentHost = own.hasPrefix("http://") ? Self.withoutPort(own) : nil
    }

    /// Whether a change with a session may come from there.
    package func allows(_ headers: HTTPFields) -> Bool {
        let origins = headers[values: .origin]
        guard origins.count <= 1 else { return false }
        if let origin = origins.first { return isAllowed(origin) }
        let sites = headers[values: .secFetchSite]
        return sites.allSatisfy { $0 == "same-origin" || $0 == "none" }
    }

    private func isAllowed(_ origin: String) -> Bool {
        if origin.hasSameBytes(as: own) || others.current.contains(where: { $0 != "*" && $0.hasSameBytes(as: origin) })
        {
            return true
        }
        return developmentHost?.hasSameBytes(as: Self.withoutPort(origin)) == true
    }

    /// `http://127.0.0.1:3005` without its port; other forms as they are.
    private static func withoutPort(_ origin: String) -> String {
        guard let colon = origin.lastIndex(of: ":"), !origin[colon...].hasPrefix("://"),
            origin[origin.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return origin }
        return String(origin[..<colon])
    }
}

extension HTTPField.Name {
    /// Where a request comes from, by the browser (Fetch Metadata).
    static let secFetchSite = HTTPField.Name(literal: "Sec-Fetch-Site")
    /// Repeats the token against requests of other sites.
    package static let csrfToken = HTTPField.Name(literal: "X-CSRF-Token")
}
