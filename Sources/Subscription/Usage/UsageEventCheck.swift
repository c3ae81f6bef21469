import Entities
import Primitives

/// What is wrong with the events of a request, whose own form is right.
struct UsageEventCheck: Sendable {
    let meters: [String: MeterRepository.Known]
    /// Tenants of the request that do not exist.
    let unknownTenants: Set<Identifier>
    /// When the request arrived.
    let now: Timestamp
    /// What time it is for tenants that live on a test clock.
    var clocks: [Identifier: Timestamp] = [:]
    /// How old an event may be.
    let lateness: Duration

    /// How far a sender's clock may be ahead.
    static let tolerance = Duration.seconds(300)
    /// Violations that one answer names.
    static let maximumDetails = 100

    /// Every violation, of the first ones.
    func problems(in events: [UsageEvent]) -> [ValidationDetail] {
        var details: [ValidationDetail] = []
        var seen: [Key: Int] = [:]
        for (index, event) in events.enumerated() {
            guard details.count < Self.maximumDetails else { break }
            func add(_ member: String, _ code: String, _ message: String) {
                details.append(ValidationDetail(path: "/events/\(index)/\(member)", code: code, message: message))
            }
            if let earlier = seen.updateValue(index, forKey: Key(tenant: event.tenant, id: event.id)) {
                add("id", "uniqueItems", "is the id of item \(earlier), too")
            }
            if event.id.hasPrefix(UsageEvent.reservedPrefix) {
                add(
                    "id", "reserved", "must not begin with \(UsageEvent.reservedPrefix), as those of reservations do"
                )
            }
            if unknownTenants.contains(event.tenant) { add("tenantId", "exists", "must be the id of a tenant") }
            let now = clocks[event.tenant] ?? now
            if event.at > now.adding(Self.tolerance) {
                add("at", "future", "must not be more than \(Self.tolerance.components.seconds) seconds ahead")
            }
            if event.at < now.adding(.zero - lateness) {
                add("at", "tooOld", "must not be more than \(lateness.components.seconds / 86_400) days ago")
            }
            guard let meter = meters[event.meter] else {
                add("meter", "exists", "must be the key of a meter")
                continue
            }
            let aggregation = meter.aggregation
            check("quantity", event.quantity != nil, isWanted: aggregation.takesQuantity, aggregation, add)
            check("value", event.value != nil, isWanted: aggregation.takesValue, aggregation, add)
        }
        return details
    }

    private struct Key: Hashable {
        let tenant: Identifier
        let id: String
    }

    private func check(
        _ member: String, _ isGiven: Bool, isWanted: Bool, _ aggregation: Meter.Aggregation,
        _ add: (String, String, String) -> Void
    ) {
        switch (isGiven, isWanted) {
        case (false, true):
            add(member, "required", "is required by the aggregation \(aggregation.rawValue) of the meter")
        case (true, false):
            add(member, "unexpected", "means nothing to the aggregation \(aggregation.rawValue) of the meter")
        default: break
        }
    }
}
