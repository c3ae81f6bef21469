import Billing
import BillingPreview
import Crypto
import Entities
import FoundationEssentials
import JSONCoding
import Primitives

/// What has come of an action, or would come of it.
struct SubscriptionActionResult: Sendable {
    /// The row of the subscription as the API shows it.
    var subscription: JSONObject
    /// What the action has added, as it is now.
    let change: SubscriptionBilling.Entry?
    /// What the action has edited, as it is now.
    var edited: SubscriptionBilling.Entry?
    /// What it is about.
    var changed: SubscriptionBilling.Entry? { change ?? edited }
    /// The invoices that the action makes at once.
    let invoices: [SubscriptionBilling.NumberedInvoice]
    /// The next invoice after those, as things stand.
    let upcoming: DraftInvoice?
    let nextDue: Timestamp?
    /// The ids of the invoices; empty for a preview.
    var invoiceIDs: [Identifier] = []

    /// What this outcome is, as the token of a preview: another outcome has another one.
    /// - Parameter action: What was asked for.
    func token(of subscription: Identifier, _ action: String) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        writer.string("\(subscription)")
        writer.string(action)
        writer.value(change.map { .object($0.change) } ?? .null)
        writer.value(change?.plan.map { .identifier($0) } ?? .null)
        for field in [TenantSubscription.planID.name, TenantSubscription.status.name, TenantSubscription.endDate.name] {
            writer.value(self.subscription[field] ?? .null)
        }
        write(invoicesTo: &writer)
        writer.endArray()
        return "pv_" + Hex.encode(Array(SHA256.hash(data: Data(writer.bytes))))
    }

    /// The result as JSON.
    /// - Parameter token: That of a preview; nil for what has come of it.
    func write(to writer: inout JSONWriter, token: String?) {
        writer.beginObject()
        writer.key("preview")
        writer.bool(token != nil)
        writer.key("subscription")
        writer.value(.object(subscription))
        if let change {
            writer.key("change")
            writer.value(change.json)
        }
        writer.key("invoices")
        writer.beginArray()
        for invoice in invoices { InvoiceJSON(invoice.invoice).write(to: &writer) }
        writer.endArray()
        if let upcoming {
            writer.key("upcoming")
            InvoiceJSON(upcoming).write(to: &writer)
        }
        writer.key("invoiceIds")
        writer.value(.array(invoiceIDs.map { .identifier($0) }))
        if let nextDue {
            writer.key("nextDueOn")
            writer.value(.timestamp(nextDue))
        }
        if let token {
            writer.key("token")
            writer.string(token)
        }
        writer.endObject()
    }

    private func write(invoicesTo writer: inout JSONWriter) {
        for invoice in invoices.map(\.invoice) + [upcoming].compactMap({ $0 }) {
            InvoiceJSON(invoice).write(to: &writer)
        }
    }
}

extension SubscriptionBilling.Entry {
    /// The entry as results show it.
    var json: JSONValue {
        var json: JSONObject = [
            "id": .identifier(id), "type": .string(kind.rawValue), "state": .string(state.rawValue),
            "requestedOn": .string(requestedOn.description),
        ]
        json["policy"] = change["policy"]
        json["effectiveOn"] = effectiveOn.map { .string($0.description) }
        json["planId"] = plan.map { .identifier($0) }
        json["addOnId"] = addOn.map { .identifier($0) }
        json["origin"] = origin.map { .string($0.rawValue) }
        json["planVersion"] = planVersion.map { .integer($0) }
        json["change"] = .object(change)
        return .object(json)
    }
}
