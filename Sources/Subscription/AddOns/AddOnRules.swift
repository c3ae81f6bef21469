import Billing
import Entities
import JSONCoding
import Primitives

/// What an add-on is compatible with. Pure.
struct AddOnRules: Sendable, Hashable {
    /// One of these plans; empty: any.
    var requiresPlans: Set<Identifier> = []
    var excludesPlans: Set<Identifier> = []
    /// All of these.
    var requiresAddOns: Set<Identifier> = []
    var excludesAddOns: Set<Identifier> = []
    /// The most that one subscription has of it; nil: no limit.
    var maxQuantity: Int?

    static let schema = Schema.object(
        [
            .init("requiresPlans", list.described("It is compatible with these plans only")),
            .init("excludesPlans", list.described("It is not compatible with these plans")),
            .init("requiresAddOns", list.described("It requires all of these")),
            .init("excludesAddOns", list.described("It is compatible with none of these, nor they with it")),
            .init(
                "maxQuantity",
                Schema.integer(minimum: 1, maximum: 1_000_000).described("The most that a subscription can have of it")
                    .example(10)),
        ], name: "AddOnRules")

    private static let list = Schema.array(of: .string(format: .uuid), uniqueItems: true, maxItems: 100)

    init() {}

    /// Reads what has passed the schema.
    init(_ json: JSONValue?) {
        func ids(_ name: String) -> Set<Identifier> {
            Set((json?[name]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { Identifier($0) } })
        }
        requiresPlans = ids("requiresPlans")
        excludesPlans = ids("excludesPlans")
        requiresAddOns = ids("requiresAddOns")
        excludesAddOns = ids("excludesAddOns")
        maxQuantity = json?["maxQuantity"]?.intValue
    }

    /// What a subscription has beside an add-on, by their ids.
    struct Company: Sendable, Hashable {
        /// Those that are billed again and again.
        var attached: [Identifier: AddOnTerms] = [:]
        /// Those that were billed once: what needs them has them, and they restrict nothing else, since they stay forever.
        var bought: Set<Identifier> = []
    }

    /// Why an add-on cannot be with a plan and others; nil if it can.
    /// - Parameter known: Names of add-ons that it may need.
    static func conflict(
        of addOn: AddOnTerms, on plan: Identifier, with others: Company, named known: [Identifier: AddOnTerms] = [:]
    ) -> String? {
        let rules = addOn.rules
        if !rules.requiresPlans.isEmpty, !rules.requiresPlans.contains(plan) {
            return "\(addOn.name) goes with certain plans only"
        }
        if rules.excludesPlans.contains(plan) { return "\(addOn.name) does not go with the plan" }
        let missing = rules.requiresAddOns.subtracting(others.attached.keys).subtracting(others.bought)
        if !missing.isEmpty {
            let names = missing.compactMap { known[$0]?.name }.sorted()
            return "\(addOn.name) needs \(names.isEmpty ? "another add-on" : names.joined(separator: " and "))"
        }
        let excluding = others.attached.values.sorted { $0.name < $1.name }.first {
            rules.excludesAddOns.contains($0.id) || $0.rules.excludesAddOns.contains(addOn.id)
        }
        if let excluding { return "\(addOn.name) does not go with \(excluding.name)" }
        return nil
    }

    /// The add-on that needs another one; nil if none does.
    static func dependent(on addOn: Identifier, among others: Company) -> AddOnTerms? {
        others.attached.values.sorted { $0.name < $1.name }.first { $0.rules.requiresAddOns.contains(addOn) }
    }
}
