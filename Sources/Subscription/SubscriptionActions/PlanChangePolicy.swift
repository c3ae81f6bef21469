import Billing
import Entities
import JSONCoding
import Primitives

/// How a change is billed whose request does not say it: by the pair of plans, by its direction as the plan has it, or by that of the
/// installation.
struct PlanChangePolicy: Sendable, Hashable {
    /// Whether a change costs more.
    enum Direction: String, Sendable, CaseIterable {
        case upgrade
        case downgrade
    }

    /// What a plan says of changes.
    enum Rule: Sendable, Hashable {
        case policy(ChangePolicy)
        case forbidden
    }

    /// The word for a change that is not allowed.
    static let forbidden = "forbidden"
    /// The member of a plan's `metaData` with its rules.
    static let key = "changes"

    /// Those of the installation.
    var upgrade = ChangePolicy.prorateNow
    var downgrade = ChangePolicy.atPeriodEnd

    /// The rule for a change.
    /// - Parameters:
    ///   - plan: The current plan, as JSON.
    ///   - target: The plan that it becomes; nil if it stays.
    func rule(from plan: JSONValue?, to target: Identifier?, _ direction: Direction) -> Rule {
        let rules = plan?[Plan.metaData]?[Self.key]
        let pairs = rules?["to"]?.arrayValue ?? []
        let pair = target.flatMap { target in
            pairs.first { $0["planId"]?.stringValue.flatMap { Identifier($0) } == target }?["policy"]
        }
        let words = [pair, rules?[direction.rawValue]]
        for word in words.compactMap({ $0?.stringValue }) {
            if word == Self.forbidden { return .forbidden }
            if let policy = ChangePolicy(rawValue: word) { return .policy(policy) }
        }
        return .policy(direction == .upgrade ? upgrade : downgrade)
    }

    /// Whether a new price costs more than the old one over the same time; the same costs are an upgrade, as there is nothing to wait for.
    /// - Throws: `.overflow`.
    static func direction(
        from old: BillingProgress.Item, to new: BillingProgress.Item
    ) throws(BillingError) -> Direction {
        try new.monthlyPrice < old.monthlyPrice ? .downgrade : .upgrade
    }
}
