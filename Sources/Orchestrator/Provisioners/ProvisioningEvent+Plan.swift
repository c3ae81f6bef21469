import JSONCoding

extension ProvisioningEvent {
    /// What the event says of the plan beside the tier (docs/contract/arc-api.md 9.3).
    struct Plan: Sendable, Hashable {
        /// `subscription.plan.size`; empty when the event has none.
        var size = ""
        /// `subscription.plan.sizeConfig.region`; nil when the event has none.
        var region: String?
    }

    var plan: Plan {
        let plan = (try? JSONValue.parse(stored: json))?["subscription"]?["plan"]
        let region = plan?["sizeConfig"]?["region"]?.stringValue
        return Plan(
            size: plan?["size"]?.stringValue ?? "", region: region.flatMap { $0.isEmpty ? nil : $0 })
    }
}
