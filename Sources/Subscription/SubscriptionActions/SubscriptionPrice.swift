import Billing
import Entities
import JSONCoding
import Primitives

/// What a subscription costs, and why. Pure.
struct SubscriptionPrice: Sendable, Hashable {
    /// Where a price comes from.
    enum Source: String, Sendable, CaseIterable {
        /// What a version of the plan costs.
        case plan
        /// It has a price of its own.
        case override
    }

    let json: JSONValue

    init(_ planner: SubscriptionActionPlanner) {
        let (billing, standing) = (planner.billed.billing, planner.standing)
        let override = billing.activeOverride
        var json: JSONObject = [
            "subscriptionId": .identifier(billing.subscription), "planId": .identifier(standing.plan),
            "currency": .string(planner.billed.currency ?? ""),
        ]
        if let item = standing.progress.items.first,
            let currency = planner.billed.currency.flatMap({ try? Currency($0) })
        {
            json["unitAmount"] = (try? item.price.amount(for: Measure(quantity: .one))).map {
                .string(currency.majorText($0))
            }
            json["quantity"] = .string(item.quantity.decimalText(places: 12))
            json["amount"] = (try? item.price.amount(for: Measure(quantity: item.quantity))).map {
                .string(currency.majorText($0))
            }
            json["interval"] = item.cycle.engineInterval
        }
        var reason: JSONObject = [
            "source": .string((override == nil ? Source.plan : .override).rawValue)
        ]
        if let entry = override {
            reason["text"] = .string(Self.text(entry, until: billing.overrideEnds.first?.effectiveOn))
            reason["changeId"] = .identifier(entry.id)
            reason["note"] = entry.note.map { .string($0) }
        } else {
            let version = billing.currentVersion
            reason["planVersion"] = .integer(version)
            reason["text"] = .string(
                version == 0
                    ? "It is the price of the plan itself, as it was agreed on."
                    : "It is the price of version \(version) of the plan.")
        }
        json["reason"] = .object(reason)
        json["scheduled"] = .array(
            billing.currentEntries.filter {
                $0.state == .scheduled && $0.item == nil && $0.change["price"] != nil && !billing.isSuperseded($0)
            }.map(\.json))
        json["addOns"] = .array(
            billing.attachedAddOns.map { known in
                var row: JSONObject = ["addOnId": .identifier(known.addOn), "quantity": .string(known.quantity)]
                row["name"] = planner.addOns[known.addOn].map { .string($0.name) }
                row["item"] = .string(known.item)
                return .object(row)
            })
        self.json = .object(json)
    }

    private static func text(_ entry: SubscriptionBilling.Entry, until end: CalendarDate?) -> String {
        let since = (entry.effectiveOn ?? entry.day).map { " since \($0)" } ?? ""
        guard let end else { return "It has a price of its own\(since)." }
        return "It has a price of its own\(since); from \(end) on, the regular price applies again."
    }

    static let schema = Schema.object(
        [
            .init("subscriptionId", .string(format: .uuid), required: true),
            .init("planId", .string(format: .uuid), required: true), .init("currency", .string(), required: true),
            .init("unitAmount", Schema.string().described("Of a unit in a billing cycle").example("80.00")),
            .init("quantity", Schema.string().example("3")),
            .init("amount", Schema.string().described("Of a billing cycle, without add-ons").example("240.00")),
            .init("interval", .freeObject),
            .init(
                "reason",
                .object(
                    [
                        .init("source", .string(oneOf: Source.allCases.map(\.rawValue)), required: true),
                        .init("text", Schema.string().described("A sentence for people"), required: true),
                        .init("planVersion", .integer(minimum: 0)), .init("changeId", .string(format: .uuid)),
                        .init("note", .string()),
                    ], name: "SubscriptionPriceReason"), required: true),
            .init(
                "scheduled",
                Schema.array(of: .freeObject).described(
                    "Scheduled changes of the price, as actions show them"),
                required: true),
            .init(
                "addOns",
                .array(
                    of: .object(
                        [
                            .init("addOnId", .string(format: .uuid), required: true), .init("name", .string()),
                            .init("quantity", .string(), required: true), .init("item", .string(), required: true),
                        ], name: "SubscriptionAddOn")), required: true),
        ], name: "SubscriptionPrice")
}
