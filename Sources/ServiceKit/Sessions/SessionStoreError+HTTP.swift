import HTTPTypes
import JSONCoding

extension SessionStoreError: HTTPFailureConvertible {
    /// 503, not 401: the session may still be valid, and logging in again would not help.
    package var httpFailure: HTTPFailure {
        switch self {
        case .unavailable:
            HTTPFailure(
                .serviceUnavailable, name: "ServiceUnavailableError",
                message: "Sessions are temporarily unavailable. Try again, or use a token or an API key.",
                code: "SESSIONS_UNAVAILABLE", headers: [.retryAfter: "1"])
        }
    }
}
