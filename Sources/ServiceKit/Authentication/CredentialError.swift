/// Why a credential is not accepted.
package enum CredentialError: Error, Sendable, Hashable {
    /// There is no such API key, it has expired or it was deleted.
    case unknownAPIKey
    /// The text cannot be an API key, which anybody can tell.
    case malformedAPIKey
    /// The request has credentials of several kinds, or several of one kind.
    case several
    /// Too many unknown credentials wait to be looked up.
    case tooManyLookups
}

extension CredentialError: HTTPFailureConvertible {
    /// 401, or 503 for too many lookups.
    package var httpFailure: HTTPFailure {
        switch self {
        case .unknownAPIKey: .invalidAPIKey
        case .malformedAPIKey: .malformedAPIKey
        case .several: .severalCredentials
        case .tooManyLookups: .unavailable()
        }
    }
}
