import ServiceKit

extension CollectionError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .noCharges:
            .invalidField(
                "/collectionMethod", code: "provider",
                "cannot be automatic: the billing provider moves no money (BILLING_PROVIDER)")
        case .notFound, .subscriptionNotFound: .entityNotFound
        case .closed: .conflict("The invoice is not to be paid any more.", code: "INVOICE_CLOSED")
        case .underWay: .conflict("A payment of the invoice is under way.", code: "PAYMENT_IN_PROGRESS")
        case .paused:
            .conflict("Collecting the invoice is paused. Resume it first.", code: "COLLECTION_PAUSED")
        }
    }
}
