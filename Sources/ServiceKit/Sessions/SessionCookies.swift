/// The cookies of logins and sessions.
///
/// Over https their names begin with `__Host-`: browsers accept such cookies only over https and for this host alone, so that
/// neither another host of the domain nor a page without encryption can set one. Over http, which is for development on one
/// machine, they have neither the prefix nor `Secure`.
package struct SessionCookies: Sendable, Hashable {
    /// Whether the services are reached over https.
    package let isSecure: Bool

    package init(isSecure: Bool) {
        self.isSecure = isSecure
    }

    /// The session's token.
    package var session: String { name("session") }
    /// The token against requests of other sites, which scripts of the page read.
    package var csrf: String { name("csrf") }
    /// Binds a login to the browser that began it.
    package var login: String { name("login") }

    /// The value of a `Set-Cookie` header.
    /// - Parameter isReadable: Whether scripts of the page can read it.
    package func setting(_ name: String, to value: String, for lifetime: Duration, isReadable: Bool = false) -> String {
        let seconds = max(0, lifetime.components.seconds)
        return "\(name)=\(value); Path=/; Max-Age=\(seconds); SameSite=Lax\(isSecure ? "; Secure" : "")"
            + (isReadable ? "" : "; HttpOnly")
    }

    /// The value of a `Set-Cookie` header that removes a cookie.
    package func removing(_ name: String) -> String { setting(name, to: "", for: .zero) }

    private func name(_ purpose: String) -> String { "\(isSecure ? "__Host-" : "")arc-\(purpose)" }
}
