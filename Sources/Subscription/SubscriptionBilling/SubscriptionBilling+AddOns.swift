import Billing
import JSONCoding
import Primitives

/// An add-on that a subscription has, or will have.
struct AttachedAddOn: Sendable, Hashable {
    let addOn: Identifier
    /// Its item in the engine.
    let item: String
    /// A decimal number.
    var quantity: String
    let isOnce: Bool
}

extension SubscriptionBilling {
    /// The add-ons that were attached and not detached since then, in the order in which they were. One that is billed once stays.
    var attachedAddOns: [AttachedAddOn] {
        var attached: [AttachedAddOn] = []
        for entry in currentEntries.sorted(by: { $0.takesEffect(before: $1) }) {
            guard let item = entry.item else { continue }
            switch entry.kind {
            case .addItem:
                guard let addOn = entry.addOn else { continue }
                attached.append(
                    AttachedAddOn(
                        addOn: addOn, item: item, quantity: entry.change["quantity"]?.stringValue ?? "1",
                        isOnce: entry.change["once"]?.boolValue ?? false))
            case .removeItem: attached.removeAll { $0.item == item }
            case .quantity, .change:
                guard let quantity = entry.change["quantity"]?.stringValue,
                    let index = attached.firstIndex(where: { $0.item == item })
                else { continue }
                attached[index].quantity = quantity
            default: continue
            }
        }
        return attached
    }
}
