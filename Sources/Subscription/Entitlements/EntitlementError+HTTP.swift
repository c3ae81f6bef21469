import Entities
import HTTPTypes
import ServiceKit

extension EntitlementError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tenantNotFound, .reservationNotFound: .entityNotFound
        case .featureNotFound: .invalidField("/feature", code: "exists", "must be the key of a feature")
        case .notReservable:
            .invalidField(
                "/feature", code: "metered",
                "must be the key of a feature that limits a meter with the aggregation sum or count")
        case .quantity(let reason): .invalidField("/quantity", code: "quantity", reason)
        case .limitExceeded(let amount):
            .conflict(
                "Of \(amount.limit ?? "0"), \(amount.used) are used and \(amount.reserved) are reserved, so \(amount.left ?? "0") are left.",
                code: "LIMIT_EXCEEDED")
        case .reservationEnded(let ending):
            switch ending {
            case .used: .conflict("The reservation was used already.", code: ending.rawValue)
            case .released: .conflict("The reservation was released.", code: ending.rawValue)
            case .expired:
                .conflict(
                    "The reservation has expired. What was used after all can be reported.", code: ending.rawValue)
            }
        }
    }
}
