import Entities
import JSONCoding
import ServiceKit

extension InvoiceError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .customerNotFound, .notFound: .entityNotFound
        case .unknown(let text): .entityNotFound(model: Invoice.entity.table, id: text)
        case .closed(let status):
            .conflict("The invoice is \(status?.rawValue ?? "closed") already.", code: "INVOICE_CLOSED")
        case .notBillable: .unprocessable("The invoice has no currency and cannot be issued.")
        case .illegal(let action, let status, let legal): Self.illegal(action, status, legal)
        case .impossible(let action, let reason):
            .conflict("\(action.rawValue) is not possible: \(reason)", code: "INVOICE_STATE")
        case .incomplete(let missing):
            .conflict(
                "EN 16931 requires for an electronic invoice: \(missing.joined(separator: "; ")).",
                code: "INVOICE_INCOMPLETE")
        }
    }

    private static func illegal(
        _ action: InvoiceAction, _ status: Invoice.Status?, _ legal: [InvoiceAction]
    ) -> HTTPFailure {
        let names = legal.map(\.rawValue).joined(separator: ", ")
        let rest = legal.isEmpty ? "No action is possible." : "Possible actions: \(names)."
        var failure = HTTPFailure.conflict(
            "\(action.rawValue) is not possible for an invoice that is \(status?.rawValue ?? "of a former release"). \(rest)",
            code: "INVOICE_STATE")
        failure.details = [
            ValidationDetail(
                path: "/invoiceStatus", code: "transition", message: "does not allow it",
                info: [
                    "action": .string(action.rawValue), "from": status.map { .string($0.rawValue) } ?? .null,
                    "legal": .array(legal.map { .string($0.rawValue) }),
                ])
        ]
        return failure
    }
}
