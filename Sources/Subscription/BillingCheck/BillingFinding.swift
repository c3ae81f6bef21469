package import JSONCoding
package import Primitives

/// Something that is wrong with the money in a database.
package struct BillingFinding: Sendable, Hashable {
    /// The kind of fault.
    package enum Kind: String, Sendable, CaseIterable {
        /// The entries of the ledger, or of one of its transactions, do not add up to zero.
        case unbalanced
        /// The sums of an invoice or a credit note are not those of its lines.
        case sums
        /// The ledger has other amounts than the invoice, its payments and its credit notes.
        case ledger
        /// The payments of an invoice are not what the ledger has received for it.
        case payments
        /// More was credited than was billed.
        case overcredited
        /// A number of a series is missing or was assigned twice.
        case numbers
        /// From what is stored, the billing engine makes a different invoice.
        case recomputation
        /// An invoice that was due is missing.
        case missing
        /// An invoice exists that the subscription should not have.
        case surplus
        /// A subscription is live, but nothing of it will ever be due again.
        case forgotten
        /// A subscription cannot be billed, and waits for an operator.
        case parked
        /// The account credit differs from that of the ledger.
        case credit
        /// What is left of a prepaid credit is not what has happened to it, or not what the ledger has.
        case prepaid
    }

    package let kind: Kind
    package var tenant: Identifier?
    package var subscription: Identifier?
    package var invoice: Identifier?
    /// What is wrong, with the amounts in minor units.
    package let text: String

    init(
        _ kind: Kind, tenant: Identifier? = nil, subscription: Identifier? = nil, invoice: Identifier? = nil,
        _ text: String
    ) {
        self.kind = kind
        self.tenant = tenant
        self.subscription = subscription
        self.invoice = invoice
        self.text = text
    }

    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "tenantId": .optional(tenant), "subscriptionId": .optional(subscription),
            "invoiceId": .optional(invoice), "text": .string(text),
        ]
    }
}

extension JSONValue {
    fileprivate static func optional(_ id: Identifier?) -> JSONValue { id.map { .identifier($0) } ?? .null }
}
