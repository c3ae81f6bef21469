import Entities
import ServiceKit

extension BillingCustomerError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .unknown(let text): .entityNotFound(model: BillingCustomer.entity.table, id: text)
        }
    }
}
