import HTTPTypes
import JSONCoding
import ServiceKit

extension LoginError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notConfigured:
            HTTPFailure(
                .notFound, name: "NotFoundError", message: "Logging in with a browser is not set up (OIDC_ISSUER).",
                code: "LOGIN_NOT_CONFIGURED")
        case .returnPath(let text):
            .invalidParameter(
                "returnTo", value: .string(text),
                reason: "must be a path of this host, such as /tenants: visible ASCII characters that begin with one /")
        case .parameters:
            .badRequest("The identity provider's answer is malformed. \(Self.again)", code: "LOGIN_MALFORMED")
        case .state:
            .badRequest(
                "The login has expired, was completed already, or was not begun here. \(Self.again)",
                code: "LOGIN_STATE_INVALID")
        case .otherBrowser:
            .badRequest(
                "The login was begun in another browser, or this one does not accept cookies. \(Self.again)",
                code: "LOGIN_OTHER_BROWSER")
        case .otherIssuer, .code, .token:
            .badRequest(
                "The identity provider's answer was not accepted; the log says why. \(Self.again)", code: "LOGIN_FAILED"
            )
        case .refused(let code):
            HTTPFailure(
                .forbidden, name: "ForbiddenError",
                message: .string("The identity provider refused the login: \(code)."), code: "LOGIN_REFUSED")
        case .noAccess:
            HTTPFailure(
                .forbidden, name: "ForbiddenError",
                message: "You are known, but none of your roles gives access here. Ask for one, then log in again.",
                code: "LOGIN_NO_ACCESS")
        case .providerUnavailable:
            HTTPFailure(
                .serviceUnavailable, name: "ServiceUnavailableError",
                message: "The identity provider does not respond as it should. Try again.",
                code: "LOGIN_PROVIDER_UNAVAILABLE", headers: [.retryAfter: "5"])
        case .noSession:
            .badRequest("The request has no session: there is nothing to log out of.", code: "NO_SESSION")
        }
    }

    private static let again = "Begin again: GET /auth/login."
}
