import Entities

/// How invoices of a subscription are collected.
enum CollectionMethod: String, FieldValue, CaseIterable {
    /// By the tenant's payment source, and again on the days of a schedule if that fails.
    case automatic
    /// By hand: the tenant pays by itself, and is reminded after the last day to pay.
    case sendInvoice = "send_invoice"

    /// As requests name it.
    static let schema = Schema.string(oneOf: allCases.map(\.rawValue)).described(
        "How invoices are collected: by the tenant's payment source, or by hand with reminders")
}
