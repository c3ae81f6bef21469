import HTTPTypes
import JSONCoding
import ServiceKit

extension FirstUserError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tenantNotFound: .unauthorized
        case .notConfigured(let provider, let missing):
            HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: .string(
                    "The identity provider \(provider) is not configured: \(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") not set."
                ), code: "IDENTITY_PROVIDER_NOT_CONFIGURED")
        case .provider(let name, let failure): Self.failure(failure, provider: name)
        }
    }

    /// Each answer says whether a repetition can help; none reveals what the provider said.
    private static func failure(_ failure: IdentityProviderFailure, provider: String) -> HTTPFailure {
        switch failure {
        case .unavailable(let step, _):
            HTTPFailure(
                .serviceUnavailable, name: "ServiceUnavailableError",
                message: .string(
                    "The identity provider \(provider) returned an unexpected response while \(step). Repeat the call: what was done already is found again."
                ), code: "IDENTITY_PROVIDER_UNAVAILABLE", headers: [.retryAfter: "5"])
        case .denied(let step, let status):
            HTTPFailure(
                .badGateway, name: "BadGatewayError",
                message: .string(
                    "The identity provider \(provider) answered \(status) while \(step): the service's credentials or the configured address are not right."
                ), code: "IDENTITY_PROVIDER_DENIED")
        case .refused(let step, let status, let code):
            HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: .string(
                    "The identity provider \(provider) answered \(status)\(code.map { " (\($0))" } ?? "") while \(step)."
                ),
                code: "IDENTITY_PROVIDER_REFUSED")
        case .unusable(let path, let reason) where path.isEmpty: .unprocessable(reason)
        case .unusable(let path, let reason): .invalidField(path, code: "unusable", reason)
        case .taken(let message): .conflict(message, code: "IDENTITY_PROVIDER_TAKEN")
        }
    }
}
