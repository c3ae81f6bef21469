import Entities
import ServiceKit

extension InvoiceError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .customerNotFound, .notFound: .entityNotFound
        case .unknown(let text): .entityNotFound(model: Invoice.entity.table, id: text)
        case .closed(let status):
            .conflict("The invoice is \(status?.rawValue ?? "closed") already.", code: "INVOICE_CLOSED")
        case .notBillable: .unprocessable("The invoice has no currency and cannot be issued.")
        }
    }
}
