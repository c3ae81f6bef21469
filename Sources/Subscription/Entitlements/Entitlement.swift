import Primitives

/// What a tenant has of a feature, and why.
struct Entitlement: Sendable, Hashable {
    /// Where the value of a feature comes from. The first of these that has one decides.
    enum Source: String, Sendable, CaseIterable {
        /// The tenant is suspended or deleted, and has nothing.
        case suspension
        /// The tenant has a value of its own.
        case override
        /// The size of a plan that the tenant has subscribed to.
        case size
        /// A plan that the tenant has subscribed to.
        case plan
        /// An add-on of a subscription, perhaps beside what its plan has.
        case addOn = "add_on"
        /// A value for everybody.
        case everybody
        /// The default of the feature.
        case `default`
    }

    /// Why the feature has its value.
    struct Reason: Sendable, Hashable {
        let source: Source
        /// A sentence for people.
        let text: String
        /// The row with the value.
        var value: Identifier?
        var subscription: Identifier?
        var plan: Identifier?
        var addOn: Identifier?
    }

    let feature: String
    let name: String
    let isOn: Bool
    let value: String?
    let reason: Reason

    /// How much of a metered feature may be used in a period; nil: as much as the tenant likes.
    var limit: String? {
        guard isOn else { return "0" }
        return value.flatMap { UsageQuantity.isValid($0) ? UsageQuantity.trimmed($0) : nil }
    }
}
