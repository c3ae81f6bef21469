import Billing
import Entities
import JSONCoding

/// A tenant's subscription to a plan.
enum TenantSubscription {
    /// The status of a subscription (docs/contract/arc-api.md 8.3).
    enum Status: Int, FieldValue, CaseIterable {
        case pending = 0
        case active = 1
        case inactive = 2
        case cancelled = 3
        case expired = 4

        /// As documents and messages name it: `ACTIVE`.
        var name: String { "\(self)".uppercased() }

        /// Whether it takes one of the tenant's places as long as it is not over.
        var mayBeLive: Bool { self == .pending || self == .active }

        /// Whether it takes one of the tenant's places on a day, as `main.is_live` has it: PENDING, or ACTIVE and
        /// not over. Dates are texts that sort as they should.
        func isLive(until endDate: String?, on today: String) -> Bool {
            guard self == .active, let endDate, (try? CalendarDate(endDate)) != nil else { return mayBeLive }
            return endDate > today
        }
    }

    private static let statuses = "0 PENDING, 1 ACTIVE, 2 INACTIVE, 3 CANCELLED, 4 EXPIRED"

    static let subscriberID = Field.identifier("subscriberId", required: true, description: "The tenant")
    static let startDate = Field.string("startDate", format: .date, required: true, example: "2026-01-31")
    static let endDate = Field.string(
        "endDate", format: .date, required: true, description: "The day after the last paid day", example: "2026-02-28")
    static let status = Field<Status>.integer("status", width: .int16, required: true, description: statuses)
    static let planID = Field.identifier("planId", required: true)
    static let invoiceID = Field.identifier("invoiceId", description: "Invoice of the first period")
    /// How a subscription stands that is not paid in time.
    enum PaymentState: String, FieldValue, CaseIterable {
        case pastDue = "past_due"
        case unpaid
    }

    static let paymentState = Field<PaymentState>.string(
        "paymentState", access: .readOnly,
        description: "`past_due` while an invoice is late, `unpaid` when collecting it has ended; null otherwise",
        example: "past_due")
    /// The next period follows on the end date: the subscription is not over then.
    static let renews = Field.boolean("renews", access: .hidden)
    static let billingAnchorDay = Field.integer("billingAnchorDay", width: .int16, access: .hidden)

    /// The description. `endDate` is the first day that is not paid for.
    static let entity = Entity(
        "Subscription", table: "subscriptions", description: "A tenant's subscription to a plan.",
        tenancy: .column(subscriberID),
        fields: [
            subscriberID, startDate, endDate, status, planID, invoiceID, billingAnchorDay, renews, paymentState,
        ],
        relations: [
            .belongsTo("plan", "Plan", by: planID),
            .belongsTo("invoice", "Invoice", by: invoiceID),
        ],
        rules: [
            RowRule(
                "subscriptions_dates_ordered", code: "order",
                [endDate: "must not be before startDate", startDate: "must not be after endDate"])
        ],
        alwaysSet: [
            subscriberID, planID, status, renews, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted,
        ])

    /// An invoice that exists, as requests name it (docs/contract/arc-api.md 15).
    private static let invoice = Schema.string(minLength: 1, maxLength: 255).example(
        "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80")

    /// The body of `POST /subscriptions`: the dates follow from the plan, and a subscription starts as PENDING or ACTIVE.
    static let newSchema = entity.newSchema.omitting(startDate, endDate).adding(
        .init(
            status,
            .integer(oneOf: [Status.pending.rawValue, Status.active.rawValue]).described("0 PENDING, 1 ACTIVE"),
            required: true),
        .init(
            invoiceID,
            invoice.described(
                "An existing invoice, by internal id or the provider's id; if omitted, a draft is created for the first period"
            ))
    )

    private static let namedInvoice = Schema.Property(
        invoiceID, invoice.described("Invoice of the first period, by internal id or the provider's id"))

    /// What was read can be sent back.
    private static let shownPaymentState = Schema.Property(
        paymentState, paymentState.definition.schema.nullable().described("Set by the server; ignored in requests."))

    /// The body of `PATCH /subscriptions` and `/subscriptions/{id}`.
    static let changeSchema = entity.partialSchema.adding(namedInvoice, shownPaymentState)

    /// The body of `PUT /subscriptions/{id}`.
    static let replacementSchema = entity.replacementSchema.adding(namedInvoice, shownPaymentState)
        .requiring(invoiceID)
}
