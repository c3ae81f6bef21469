import Entities
import ServiceKit

extension InvoiceError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .customerNotFound, .notFound: .entityNotFound
        case .unknown(let text): .entityNotFound(model: Invoice.entity.table, id: text)
        case .closed(let status): .conflict("The invoice is \(status ?? "closed") already.", code: "INVOICE_CLOSED")
        }
    }
}
