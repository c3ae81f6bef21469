import Entities
import ServiceKit
import ServicePlatform

/// Invoices that are numbered and corrected here, and the ledger.
struct InvoiceFeature: ServiceFeature {
    static let configurationKeys = InvoiceConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(CreditNoteRow.entity, viewPermissions: BillingInvoicePolicy.view.permissions),
        FeatureEntity(CreditNoteLine.entity),
        FeatureEntity(LedgerEntry.entity, viewPermissions: BillingInvoicePolicy.view.permissions),
    ]

    static let events = InvoiceEvents.all

    let operations: [Operation]

    init(_ core: SubscriptionCore) throws {
        operations = []
    }
}
