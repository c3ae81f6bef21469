import ServiceKit

extension TenantError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .leadNotEligible: .unauthorized
        case .leadAddressUnusable(let text): .unprocessable("The lead's e-mail address \(text) is not valid")
        case .addressMismatch: .badRequest("Address mismatch with Lead")
        case .contactDomainMismatch: .badRequest("Contact email domain does not match tenant domains")
        }
    }
}
