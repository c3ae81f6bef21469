import Entities
import JSONCoding

/// A tenant's subscription to a plan.
enum TenantSubscription {
    /// Where a subscription stands (contract 8.3).
    enum Status: Int, Sendable, CaseIterable {
        case pending = 0
        case active = 1
        case inactive = 2
        case cancelled = 3
        case expired = 4

        /// Whether it takes one of the tenant's places.
        var isLive: Bool { self == .pending || self == .active }
    }

    private static let statuses = "0 PENDING, 1 ACTIVE, 2 INACTIVE, 3 CANCELLED, 4 EXPIRED"

    /// The description. `endDate` is the first day that is not paid for.
    static let entity = Entity(
        "Subscription", table: "subscriptions", description: "A tenant's subscription to a plan.",
        tenancy: .column("subscriberId"),
        fields: [
            .identifier("subscriberId", required: true, description: "The tenant"),
            .string("startDate", format: .date, required: true, example: "2026-01-31"),
            .string(
                "endDate", format: .date, required: true, description: "The day after the last one paid for",
                example: "2026-02-28"),
            .integer(
                "status", width: .int16, oneOf: Status.allCases.map(\.rawValue), required: true, description: statuses),
            .identifier("planId", required: true),
            .identifier("invoiceId", description: "The invoice of its first period"),
            .integer("billingAnchorDay", width: .int16, access: .hidden),
        ],
        relations: [
            .belongsTo("plan", "Plan", by: "planId"),
            .belongsTo("invoice", "Invoice", by: "invoiceId"),
        ])

    /// The body of `POST /subscriptions`: the dates follow from the plan, and only what begins can be created.
    static let newSchema = entity.newSchema.omitting("startDate", "endDate").adding(
        .init(
            "status",
            .integer(oneOf: [Status.pending.rawValue, Status.active.rawValue]).described("0 PENDING, 1 ACTIVE"),
            required: true),
        .init(
            "invoiceId",
            .string(format: .uuid).described("An invoice that exists; without it a draft is made for the first period"))
    )

    /// The body of `PUT /subscriptions/{id}`.
    static let replacementSchema = entity.replacementSchema.requiring("invoiceId")
}
