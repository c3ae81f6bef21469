import Billing
import Entities
import JSONCoding
import Primitives

/// What an action makes of a subscription, before anything is written.
struct SubscriptionActionOutcome: Sendable {
    var billed: BilledSubscription
    /// The status that the action sets; nil if it follows from what happens.
    var status: TenantSubscription.Status?
    /// What the action adds.
    var added: SubscriptionBilling.Entry?
    /// What it cancels or edits.
    var edited: [SubscriptionBilling.Entry] = []
    /// Whether drafts that nobody is to pay are voided.
    var voidsDrafts = false
    /// Whether the engine's drafts are issued, because what they bill is provided from now on.
    var issuesDrafts = false
    /// What was said about the credit notes that it makes.
    var noteTerms: InvoiceIssuer.NoteTerms?

    init(_ billed: BilledSubscription, status: TenantSubscription.Status? = nil) {
        self.billed = billed
        self.status = status
    }

    /// Adds something that happens.
    mutating func add(_ entry: SubscriptionBilling.Entry) {
        added = entry
        billed.billing.entries.append(entry)
    }

    /// Takes something away that was scheduled.
    mutating func cancel(_ entry: SubscriptionBilling.Entry) {
        billed.billing.entries.removeAll { $0.id == entry.id }
        var canceled = entry
        canceled.state = .canceled
        edited.append(canceled)
    }

    /// Replaces something that is scheduled.
    mutating func replace(_ entry: SubscriptionBilling.Entry) {
        guard let index = billed.billing.entries.firstIndex(where: { $0.id == entry.id }) else { return }
        billed.billing.entries[index] = entry
        edited.append(entry)
    }
}

extension BilledSubscription {
    /// The subscription after what was due has been stored.
    func advanced(by standing: SubscriptionStanding) -> BilledSubscription {
        var rows = rows
        rows.status = standing.status
        rows.plan = standing.plan
        rows.hasInvoice = rows.hasInvoice || !standing.invoices.isEmpty
        rows.isLive = standing.status.mayBeLive
        var billing = billing
        billing.issued = standing.invoices.last?.ordinal ?? billing.issued
        billing.usage += billing.addedUsage
        billing.addedUsage = []
        for entry in standing.changed {
            guard let index = billing.entries.firstIndex(where: { $0.id == entry.id }) else { continue }
            billing.entries[index] = entry
        }
        billing.entries.removeAll { $0.state == .canceled }
        return replacing(rows, billing)
    }
}
