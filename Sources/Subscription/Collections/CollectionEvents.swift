import Billing
import Entities
import JSONCoding
import MessageBus
import Primitives

/// The events of collecting invoices.
enum CollectionEvents {
    static let succeeded = event(EventType.paymentSucceeded, "An invoice was paid by the tenant's payment source.", [])
    static let failed = event(
        EventType.paymentFailed,
        "A payment by the tenant's payment source has failed. It is tried again on the next day of the schedule.",
        [code, step("Failed payments of the schedule"), next])
    static let overdue = event(
        EventType.invoiceOverdue, "The last day to pay an invoice is over: the tenant is reminded.",
        [step("Reminders"), next])
    static let exhausted = event(
        EventType.dunningExhausted, "The schedule of an invoice is over, and it is not paid.",
        [
            code,
            .init(
                "end",
                .string(oneOf: DunningEnd.allCases.map(\.rawValue)).described(
                    "`suspend` and `cancel` suspend the tenant, `cancel` cancels the subscription, too"),
                required: true),
        ])
    static let ended = event(
        EventType.dunningEnded, "An invoice that was late is paid, or nothing is owed any more.", [])
    static let standing = EventDescription(
        EventType.tenantBillingStandingChanged,
        "A tenant is to be suspended because of what it owes, or not any more. Of several reports, the one of the highest version counts.",
        [
            .init("tenantId", .string(format: .uuid), required: true),
            .init("isSuspended", .boolean, required: true), .init("version", .integer(minimum: 1), required: true),
        ])

    private static let code = Schema.Property(
        "code", Schema.string(maxLength: 100).described("Why; absent if it was not tried").example("insufficient_funds")
    )
    private static let next = Schema.Property(
        "nextDueOn", Schema.string(format: .dateTime).described("The next day of the schedule; absent if there is none")
    )

    private static func step(_ text: String) -> Schema.Property {
        .init("step", .integer(minimum: 1).described(text).example(1), required: true)
    }

    private static func event(_ type: String, _ summary: String, _ more: [Schema.Property]) -> EventDescription {
        EventDescription(
            type, summary,
            [
                .init("tenantId", .string(format: .uuid), required: true),
                .init("invoiceId", .string(format: .uuid), required: true),
                .init("subscriptionId", .string(format: .uuid)),
                .init("number", .string(maxLength: 60).example("INV-000042")),
                .init(
                    "amount", .integer().described("In minor units, what was to be paid").example(5000), required: true),
                .init("currencyCode", .string(maxLength: 3).example("USD")),
                .init(
                    "amountText",
                    .string(maxLength: 100).described("The amount as people write it").example("50.00 USD")),
            ] + more)
    }

    /// An event about an invoice.
    static func envelope(
        _ type: String, of row: CollectionRepository.Row, _ more: [(String, JSONValue)] = [], at now: Timestamp
    ) throws -> EventEnvelope {
        var data: JSONObject = [
            "tenantId": .identifier(row.tenant), "invoiceId": .identifier(row.invoice),
            "amount": .integer(Int(row.due?.minorUnits ?? 0)),
        ]
        if let subscription = row.subscription { data["subscriptionId"] = .identifier(subscription) }
        if let number = row.number { data["number"] = .string(number) }
        if let due = row.due {
            data["currencyCode"] = .string(due.currency.code)
            data["amountText"] = .string("\(due.decimalText) \(due.currency.code)")
        }
        for (name, value) in more { data[name] = value }
        return try EventEnvelope(
            id: .v7(at: now), type: type, tenantID: row.tenant, occurredAt: now, trace: nil,
            data: JSONValue.object(data).serialized())
    }

    /// The report that a tenant is to be suspended, or not any more.
    static func standing(
        of tenant: Identifier, isSuspended: Bool, version: Int64, at now: Timestamp
    ) throws -> EventEnvelope {
        let data: JSONObject = [
            "tenantId": .identifier(tenant), "isSuspended": .bool(isSuspended), "version": .integer(Int(version)),
        ]
        return try EventEnvelope(
            id: .v7(at: now), type: EventType.tenantBillingStandingChanged, tenantID: tenant, occurredAt: now,
            trace: nil, data: JSONValue.object(data).serialized())
    }
}
