/// A change of a subscription's status that is legal, and what may cause it. Everything that changes a status asks here; a pure table,
/// which `GET /subscriptions/transitions` shows.
struct SubscriptionStateChange: Sendable, Hashable {
    /// What changes the status of a subscription.
    enum Cause: String, Sendable, CaseIterable {
        case activate, cancel, pause, resume, renew
        /// A day has come: the end of a term or of a cancellation, a pause or its end.
        case calendar
        /// The resources of the tenant were removed.
        case offboarding
        /// `PATCH`, `PUT` or bulk `PATCH` of a subscription that the engine does not bill.
        case operatorChange = "operator"
    }

    typealias Status = TenantSubscription.Status

    let from: Status
    let to: Status
    let causes: [Cause]

    private init(_ from: Status, _ to: Status, _ causes: Cause...) {
        self.from = from
        self.to = to
        self.causes = causes
    }

    /// Every legal change. What was cancelled stays so; nothing becomes PENDING again.
    static let all: [SubscriptionStateChange] = [
        .init(.pending, .active, .activate, .operatorChange),
        .init(.pending, .inactive, .operatorChange),
        .init(.pending, .cancelled, .cancel, .offboarding, .operatorChange),
        .init(.pending, .expired, .operatorChange),
        .init(.active, .inactive, .pause, .calendar, .operatorChange),
        .init(.active, .cancelled, .cancel, .calendar, .offboarding, .operatorChange),
        .init(.active, .expired, .calendar, .operatorChange),
        .init(.inactive, .active, .resume, .calendar, .operatorChange),
        .init(.inactive, .cancelled, .cancel, .calendar, .offboarding, .operatorChange),
        .init(.inactive, .expired, .calendar, .operatorChange),
        .init(.expired, .active, .renew, .operatorChange),
        .init(.expired, .cancelled, .operatorChange),
    ]

    /// The statuses that may follow one, by a cause.
    static func next(after status: Status, by cause: Cause) -> [Status] {
        all.filter { $0.from == status && $0.causes.contains(cause) }.map(\.to)
    }

    /// Checks a change by an operator's request.
    /// - Throws: ``SubscriptionError/illegalStatus(from:to:)``; a status that stays as it is is no change.
    static func check(from: Status?, to: Status?) throws(SubscriptionError) {
        guard let from, let to, from != to else { return }
        guard next(after: from, by: .operatorChange).contains(to) else { throw .illegalStatus(from: from, to: to) }
    }
}

/// What the API does with a subscription.
enum SubscriptionAction: String, Sendable, CaseIterable {
    case activate, change, cancel, uncancel, pause, resume, renew, attach, detach, override
    case endOverride = "end-override"

    /// The statuses in which it is possible; further conditions are those of each action.
    var statuses: [TenantSubscription.Status] {
        switch self {
        case .activate: [.pending]
        case .cancel: [.pending, .active, .inactive]
        case .change: [.active, .inactive]
        case .uncancel: [.active, .inactive]
        case .pause, .attach, .detach, .override, .endOverride: [.active]
        case .resume: [.inactive]
        case .renew: [.active, .expired]
        }
    }

    /// The actions that are possible in a status.
    static func legal(in status: TenantSubscription.Status) -> [SubscriptionAction] {
        allCases.filter { $0.statuses.contains(status) }
    }
}
