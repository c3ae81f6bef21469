import Primitives
import ServiceKit

/// Why a login does not go on.
enum LoginError: Error, Sendable, Hashable {
    /// `OIDC_ISSUER` is not set.
    case notConfigured
    /// Where to return to is not a path of this host.
    case returnPath(String)
    /// A parameter of the return occurs twice, or neither `code` nor `error` is there.
    case parameters
    /// The login was not begun here, is over, or was completed already.
    case state
    /// The login was begun in another browser, or its cookie is gone.
    case otherBrowser
    /// The answer is from another identity provider.
    case otherIssuer
    /// The identity provider refused the login; its error code.
    case refused(String)
    /// The identity provider did not accept the code.
    case code
    /// The ID token is not in order.
    case token(IDTokenFault)
    /// The user has none of the mapped values; who it is, if that is known.
    case noAccess(Identifier?)
    /// The identity provider does not respond, or not as it should.
    case providerUnavailable
    /// The request has no session that could be ended.
    case noSession
}

extension LoginError {
    /// What the audit log calls it; never a text of the request.
    var reason: String {
        switch self {
        case .notConfigured: "not-configured"
        case .returnPath: "return-path"
        case .parameters: "malformed"
        case .state: "state"
        case .otherBrowser: "other-browser"
        case .otherIssuer: "other-issuer"
        case .refused: "refused"
        case .code: "code"
        case .token: "id-token"
        case .noAccess: "no-access"
        case .providerUnavailable: "provider-unavailable"
        case .noSession: "no-session"
        }
    }
}
