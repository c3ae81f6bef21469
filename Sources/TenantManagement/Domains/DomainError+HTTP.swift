import HTTPTypes
import ServiceKit

extension DomainError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .alreadyClaimed: .conflict("The tenant has or claims this domain already.", code: "DOMAIN_EXISTS")
        case .tooMany(let limit):
            .conflict("The tenant has or claims \(limit) domains, which is the limit.", code: "TOO_MANY_DOMAINS")
        case .held:
            .conflict("Another tenant holds this domain. An operator can release it.", code: "DOMAIN_HELD")
        case .belongsToEverybody:
            .conflict("Everybody can have a name in this domain, so no tenant can hold it.", code: "DOMAIN_PUBLIC")
        case .notProven(let record, let value, let found):
            .conflict(
                "\(Self.finding(record, found)) Publish a TXT record with the text \(value). Changes of DNS can take hours to be visible.",
                code: "DOMAIN_NOT_PROVEN")
        // Not a 5xx: usually the domain's own name servers fail, and the service works.
        case .lookupFailed(let error):
            .conflict("The record could not be read: \(error). Try again later.", code: "DOMAIN_LOOKUP_FAILED")
        case .notHeld: .conflict("The domain is not proven, so there is nothing to release.", code: "DOMAIN_NOT_PROVEN")
        case .changedMeanwhile:
            .conflict("The domain was changed by another request meanwhile. Read it again.", code: "DOMAIN_CHANGED")
        }
    }

    private static func finding(_ record: String, _ found: Int) -> String {
        found == 0 ? "\(record) has no TXT record." : "None of the \(found) TXT records of \(record) proves the domain."
    }
}
