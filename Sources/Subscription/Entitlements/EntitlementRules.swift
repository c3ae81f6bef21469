import Billing
import Entities
import Primitives

/// Which value of a feature counts for a tenant: a pure function of what is stored.
struct EntitlementRules: Sendable {
    /// A feature, as the catalog has it.
    struct Definition: Sendable, Hashable {
        let id: Identifier
        let key: String
        let name: String
        let defaultValue: String?
    }

    /// A value that somebody has given a feature.
    struct Value: Sendable, Hashable {
        let id: Identifier
        /// The key of the feature, or its id.
        let feature: String
        let isOn: Bool
        let text: String?
    }

    /// An active subscription of the tenant.
    struct Subscribed: Sendable, Hashable {
        let id: Identifier
        let plan: Identifier
        let planName: String
        let size: String?
        /// Values by keys of features.
        let sizeValues: [String: String]
        /// Of the plan, the oldest first.
        let planValues: [Value]
        /// In the order in which they were attached.
        var addOns: [AddOnValues] = []
    }

    /// An add-on that a subscription has.
    struct AddOnValues: Sendable, Hashable {
        let id: Identifier
        let name: String
        /// A decimal number.
        let quantity: String
        /// Values by keys of features.
        let values: [String: String]
    }

    let isSuspended: Bool
    /// The tenant's own values, the oldest first.
    let overrides: [Value]
    /// The newest first.
    let subscriptions: [Subscribed]
    /// Values for everybody, the oldest first.
    let everybody: [Value]

    /// What the tenant has of a feature.
    func entitlement(to feature: Definition) -> Entitlement {
        if isSuspended {
            return make(
                feature, isOn: false, nil, .init(source: .suspension, text: "The tenant is suspended or deleted."))
        }
        if let value = Self.find(feature, in: overrides) {
            return make(
                feature, value, .init(source: .override, text: "The tenant has a value of its own.", value: value.id))
        }
        if let subscribed = subscribed(to: feature) { return subscribed }
        if let value = Self.find(feature, in: everybody) {
            return make(
                feature, value, .init(source: .everybody, text: "It is a value for everybody.", value: value.id))
        }
        let text =
            feature.defaultValue == nil ? "Nothing gives the tenant this feature." : "It is the default of the feature."
        return make(
            feature, isOn: feature.defaultValue.map { !Self.isOff($0) } ?? false, feature.defaultValue,
            .init(source: .default, text: text))
    }

    /// The best that the subscriptions have; of equally good ones, the newest.
    private func subscribed(to feature: Definition) -> Entitlement? {
        var best: Entitlement?
        for subscription in subscriptions {
            guard let other = entitlement(to: feature, by: subscription) else { continue }
            if let known = best, !Self.isBetter(other, than: known) { continue }
            best = other
        }
        return best
    }

    /// What the plan of a subscription has, with what its add-ons add.
    private func entitlement(to feature: Definition, by subscription: Subscribed) -> Entitlement? {
        var result = planned(feature, by: subscription)
        for addOn in subscription.addOns {
            guard let text = addOn.values[feature.key] else { continue }
            result = adding(text, of: addOn, to: result, feature, subscription)
        }
        return result
    }

    /// A number adds to a number for each of the quantity; any other value counts where there was none, or an off one.
    private func adding(
        _ text: String, of addOn: AddOnValues, to base: Entitlement?, _ feature: Definition, _ subscription: Subscribed
    ) -> Entitlement {
        var reason = Entitlement.Reason(source: .addOn, text: "The add-on \(addOn.name) has this value.")
        reason.subscription = subscription.id
        reason.plan = subscription.plan
        reason.addOn = base?.reason.addOn ?? addOn.id
        guard let each = Self.number(text), let quantity = try? Rational(decimal: addOn.quantity) else {
            guard let base, base.isOn else { return make(feature, isOn: !Self.isOff(text), text, reason) }
            return base
        }
        let isOn = base?.isOn ?? false
        // More than everything is everything.
        if let base, isOn, Self.number(base.value) == nil { return base }
        let before = isOn ? Self.number(base?.value) ?? .zero : .zero
        guard let sum = try? before.adding(each.multiplied(by: quantity)) else {
            return base ?? make(feature, isOn: false, nil, reason)
        }
        let total = sum.decimalText(places: 12)
        let start = isOn ? "\(base?.reason.text ?? "") " : ""
        return make(
            feature, isOn: sum > .zero, total,
            reason.saying("\(start)The add-on \(addOn.name) adds \(addOn.quantity) × \(text).", .addOn))
    }

    private func planned(_ feature: Definition, by subscription: Subscribed) -> Entitlement? {
        var reason = Entitlement.Reason(source: .size, text: "")
        reason.subscription = subscription.id
        reason.plan = subscription.plan
        if let text = subscription.sizeValues[feature.key] {
            return make(
                feature, isOn: !Self.isOff(text), text,
                reason.saying(
                    "The size \(subscription.size ?? "") of the plan \(subscription.planName) has this value.", .size))
        }
        guard let value = Self.find(feature, in: subscription.planValues) else { return nil }
        reason.value = value.id
        return make(feature, value, reason.saying("The plan \(subscription.planName) has this value.", .plan))
    }

    // MARK: Values

    private static func find(_ feature: Definition, in values: [Value]) -> Value? {
        let id = feature.id.description
        return values.first {
            ExactText($0.feature) == ExactText(feature.key) || ExactText($0.feature) == ExactText(id)
        }
    }

    /// Words by which a value says that a feature is not there.
    private static let offWords: Set<String> = ["off", "false", "no", "0"]

    static func isOff(_ text: String) -> Bool { offWords.contains(text.lowercased()) }

    /// On is better than off, and more is better than less.
    private static func isBetter(_ one: Entitlement, than other: Entitlement) -> Bool {
        guard one.isOn == other.isOn else { return one.isOn }
        guard one.isOn, let mine = number(one.value), let others = number(other.value) else { return false }
        return mine > others
    }

    private static func number(_ text: String?) -> Rational? {
        guard let text, UsageQuantity.isValid(text) else { return nil }
        return try? Rational(decimal: text)
    }

    private func make(_ feature: Definition, _ value: Value, _ reason: Entitlement.Reason) -> Entitlement {
        let text = value.text ?? feature.defaultValue
        return make(feature, isOn: value.isOn && !(value.text.map(Self.isOff) ?? false), text, reason)
    }

    private func make(
        _ feature: Definition, isOn: Bool, _ value: String?, _ reason: Entitlement.Reason
    ) -> Entitlement {
        Entitlement(feature: feature.key, name: feature.name, isOn: isOn, value: value, reason: reason)
    }
}

extension Entitlement.Reason {
    fileprivate func saying(_ text: String, _ source: Entitlement.Source) -> Entitlement.Reason {
        var reason = Entitlement.Reason(source: source, text: text)
        reason.value = value
        reason.subscription = subscription
        reason.plan = plan
        reason.addOn = addOn
        return reason
    }
}
