import Billing
import Entities
import JSONCoding

/// A request of `POST /billing-preview` (docs/billing.md). What members mean together is checked by `ScenarioReader`.
enum BillingPreviewSchemas {
    /// Digits with at most twelve decimals.
    private static let decimalPattern = Pattern(regex: "^[0-9]{1,24}(\\.[0-9]{1,12})?$") { text in
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2, (1...24).contains(whole.count),
            parts.count == 1 || (1...12).contains(parts[1].count)
        else { return false }
        return parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) } }
    }

    static func decimal(_ example: String, _ description: String = "") -> Schema {
        let schema = Schema.string(pattern: decimalPattern).example(.string(example))
        return description.isEmpty ? schema : schema.described(description)
    }

    /// A word of the engine; the first is the default.
    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(_: Choice.Type) -> Schema {
        let words = Choice.allCases.map(\.rawValue)
        return Schema.string(oneOf: words).defaulting(.string(words[0]))
    }

    static let date = Schema.string(format: .date).example("2024-01-31")
    private static let moment = Schema.string(minLength: 10, maxLength: 40).example("2024-01-31")
        .described("A local date, or an instant of RFC 3339")
    private static let periods = Schema.integer(minimum: 1, maximum: 100_000).example(3)
    private static let name = Schema.string(minLength: 1, maxLength: 100).example("seats")

    private static let interval = Schema.object(
        [
            .init("unit", .string(oneOf: ["month", "day", "week", "year"]), required: true),
            .init("count", Schema.integer(minimum: 1, maximum: 9999).example(1).defaulting(1)),
        ], name: "PreviewInterval"
    ).described("How long a period is.")

    static let anchor = Schema.anyOf(
        .string(oneOf: ["start", "calendar"]),
        .object([
            .init("day", .integer(minimum: 1, maximum: 31)), .init("date", date),
            .init("weekday", Schema.integer(minimum: 1, maximum: 7).described("Monday is 1")),
        ])
    ).example(["day": 31]).described("Where periods begin: one of the members, or a word.")

    static let trial = Schema.object(
        [.init("days", Schema.integer(minimum: 0, maximum: 36_500).example(14)), .init("until", date)],
        name: "PreviewTrial"
    ).described("One of the members.")

    static let collection = Schema.string(oneOf: ["advance", "arrears"]).defaulting("advance")

    // MARK: Prices

    private static let tier = Schema.object(
        [
            .init("upTo", decimal("10", "Null for the last tier").nullable()), .init("unitAmount", decimal("2.00")),
            .init("flatAmount", decimal("5.00")), .init("rate", decimal("1.5", "Percent of the quantity")),
        ], name: "PreviewTier"
    ).described("A step of a price.")

    static let price = Schema.object(
        [
            .init(
                "model",
                .string(oneOf: ["flat", "per_unit", "graduated", "volume", "package", "percentage"]), required: true),
            .init("amount", decimal("50.00", "Of flat and package")),
            .init("unitAmount", decimal("8.50", "Of per_unit; may have more decimals than the currency")),
            .init("size", decimal("100", "Of package; of graduated and volume: units are started blocks")),
            .init("tiers", Schema.array(of: tier, maxItems: 100).described("Of graduated and volume")),
            .init("freeUnits", decimal("100", "Of package and percentage")),
            .init("freeAmount", decimal("500.00", "Of percentage")), .init("rate", decimal("1.2", "Of percentage")),
            .init("fixedAmount", decimal("0.10", "Of percentage")), .init("minimum", decimal("10.00")),
            .init("maximum", decimal("1000.00")),
        ], name: "PreviewPrice"
    ).described("What a quantity costs in a period. Each model has its members.")

    private static let phase = Schema.object(
        [
            .init("periods", periods), .init("price", price, required: true),
            .init("quantity", decimal("5", "Replaces the quantity of the item")),
        ], name: "PreviewPhase"
    ).described("A price for a number of periods; the last goes on.")

    private static let usage = Schema.object(
        [.init("at", moment, required: true), .init("quantity", decimal("120"), required: true)], name: "PreviewUsage"
    ).described("Usage at some time.")

    private static let priced: [Schema.Property] = [
        .init("price", price), .init("phases", Schema.array(of: phase, maxItems: 100)),
        .init("quantity", decimal("3").defaulting("1")),
        .init(
            "usage",
            Schema.array(of: usage).described("Makes the price metered; at most 20,000 in a request")),
        .init("aggregation", choice(Aggregation.self)),
        .init(
            "interim",
            Schema.array(of: date, maxItems: 100).described("Usage before these days is billed on them")),
    ]

    static let tax = Schema.object(
        [
            .init("name", name.example("VAT"), required: true), .init("rate", decimal("20"), required: true),
            .init("inclusive", Schema.boolean.defaulting(false)),
            .init(
                "reverseCharge", Schema.boolean.defaulting(false).described("The customer owes it: shown, not charged")),
        ], name: "PreviewTax"
    ).described("A tax on every line.")

    private static let identified: [Schema.Property] = [.init("id", name, required: true)]

    private static let ownOfItem: [Schema.Property] = [
        .init("taxes", Schema.array(of: tax, maxItems: 20)), .init("collection", collection),
        .init("interval", interval), .init("start", moment), .init("end", date),
        .init("once", Schema.boolean.defaulting(false)),
    ]

    private static let item = Schema.object(identified + priced + ownOfItem, name: "PreviewItem")
        .described("One of several prices of a subscription.")

    private static let metered = Schema.object(
        [
            .init("id", name, required: true), .init("price", price, required: true),
            .init("usage", Schema.array(of: usage), required: true), .init("aggregation", choice(Aggregation.self)),
            .init("start", moment), .init("taxes", Schema.array(of: tax, maxItems: 20)),
        ], name: "PreviewMetered"
    ).described("What usage costs beside the price of the subscription. It is billed after each of its periods.")

    private static let meteredChange = Schema.object(
        [.init("id", name, required: true), .init("price", price, required: true)], name: "PreviewMeteredChange")

    // MARK: What happens

    private static let change = Schema.object(
        [
            .init("at", moment, required: true),
            .init(
                "type",
                .string(oneOf: [
                    "change", "quantity", "pause", "resume", "anchor", "credit_note", "cancel", "add_item",
                    "remove_item",
                ]), required: true),
            .init(
                "policy",
                Schema.string(oneOf: ChangePolicy.allCases.map(\.rawValue))
                    .described("The defaults and the policies of each type are in docs/billing.md")),
            .init("item", name), .init("price", price), .init("quantity", decimal("5")), .init("interval", interval),
            .init("trial", trial), .init("anchor", anchor),
            .init(
                "metered",
                Schema.array(of: meteredChange, maxItems: 100).described("New prices of usage, of a change")),
            .init("once", Schema.boolean.defaulting(false).described("add_item: it is billed once")),
            .init("invoice", Schema.integer(minimum: 1, maximum: 1_000_000).example(1)),
            .init("line", Schema.integer(minimum: 1, maximum: 1_000_000).example(1)),
            .init("amount", decimal("10.00", "Before tax")), .init("refund", Schema.boolean.defaulting(false)),
            .init(
                "ownInvoice",
                Schema.boolean.defaulting(false).described(
                    "It follows what is due on its day, on an invoice of its own; else it comes before periods that begin then"
                )),
        ], name: "PreviewChange"
    ).described("Something that happens to the subscription.")

    private static let discount = Schema.object(
        [
            .init("type", .string(oneOf: ["percent", "amount"]), required: true),
            .init("value", decimal("10"), required: true), .init("periods", periods),
            .init("items", Schema.array(of: name, maxItems: 100)), .init("name", name.example("Spring")),
        ], name: "PreviewDiscount"
    ).described("A reduction of invoices.")

    private static let policies = Schema.object(
        [
            .init("granularity", choice(Granularity.self)),
            .init("denominator", choice(BillingPolicies.Denominator.self)),
            .init("cancelDay", choice(BillingPolicies.CancelDay.self)),
            .init("creditCap", choice(BillingPolicies.CreditCap.self)),
            .init("rounding", choice(RoundingMode.self)),
            .init("trialOnChange", choice(BillingPolicies.TrialOnChange.self)),
            .init("zeroUsageFlatFee", choice(BillingPolicies.ZeroUsageFlatFee.self)),
            .init("tierBounds", choice(BillingPolicies.TierBounds.self)),
        ], name: "PreviewPolicies"
    ).described("The questions on which billing systems differ.")

    // MARK: The request

    private static let frame: [Schema.Property] = [
        .init("currency", Schema.string(pattern: .currencyCode).example("USD"), required: true),
        .init("timeZone", Schema.string(minLength: 1, maxLength: 64).example("America/Denver").defaulting("UTC")),
        .init("start", moment, required: true), .init("created", date),
        .init("until", date.example("2024-05-01"), required: true), .init("interval", interval, required: true),
        .init("anchor", anchor), .init("collection", collection), .init("trial", trial),
        .init("end", date.example("2025-01-15")), .init("term", term),
    ]

    private static let term = Schema.object([.init("periods", periods, required: true)])
    private static let credit = Schema.object([.init("amount", decimal("10.00"), required: true)])

    private static let events: [Schema.Property] = [
        .init("items", Schema.array(of: item, maxItems: 100)),
        .init(
            "metered",
            Schema.array(of: metered, maxItems: 100).described("Prices of usage beside a price or phases")),
        .init("minimum", decimal("100.00")),
        .init("changes", Schema.array(of: change).described("At most 1,000")),
        .init("discounts", Schema.array(of: discount, maxItems: 20)),
        .init("taxes", Schema.array(of: tax, maxItems: 20)),
        .init("credits", Schema.array(of: credit, maxItems: 100)), .init("policies", policies),
    ]

    /// A request with more members than one would be about two subscriptions.
    private static let sample: JSONValue = [
        "currency": "USD", "timeZone": "America/Denver", "start": "2024-01-31", "until": "2024-05-01",
        "interval": ["unit": "month", "count": 1], "price": ["model": "per_unit", "unitAmount": "8.50"],
        "quantity": "3",
        "changes": [["at": "2024-03-10", "type": "quantity", "quantity": "5", "policy": "prorate_now"]],
        "taxes": [["name": "VAT", "rate": "20"]],
    ]

    /// The body of `POST /billing-preview`.
    static let request = Schema.object(frame + priced + events, name: "BillingPreview").example(sample)
        .described(
            "A subscription with everything that happens to it. There must be exactly one of price, phases, and items.")
}
