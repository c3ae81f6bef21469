import MessageBus

/// The types of events that may leave the system.
enum PublishedEvents {
    /// All of them. `TENANTS_LISTED` and others that only services need are not among them.
    static let all: [PublishedEvent] = [
        PublishedEvent(EventType.webhookEndpointDisabled, shownToTenants: true, .init("endpointId"), .init("reason")),
        PublishedEvent(EventType.tenantCreated, shownToTenants: true, .init("isBlocked")),
        PublishedEvent(EventType.tenantAccessChanged, shownToTenants: true, .init("isBlocked"), .init("version")),
        PublishedEvent(
            EventType.tenantProvisioning, shownToTenants: true, .init("key", from: "tenant", "key"),
            .init("name", from: "tenant", "name"), .init("tier", from: "subscription", "plan", "tier"),
            .init("subscriptionId", from: "subscription", "id")),
        PublishedEvent(EventType.tenantProvisioningSuccess, shownToTenants: true, .init("status")),
        PublishedEvent(EventType.tenantProvisioningFailure, shownToTenants: true, .init("status")),
        PublishedEvent(EventType.tenantDeprovisioning, shownToTenants: true),
        PublishedEvent(EventType.tenantDeprovisioningSuccess, shownToTenants: true),
        PublishedEvent(EventType.tenantDeprovisioningFailure, shownToTenants: false),
        PublishedEvent(EventType.tenantMoveSuccess, shownToTenants: true, .init("status")),
        PublishedEvent(EventType.tenantMoveFailure, shownToTenants: false, .init("status")),
        PublishedEvent(EventType.tenantSuspended, shownToTenants: true),
        PublishedEvent(EventType.tenantReactivated, shownToTenants: true),
        PublishedEvent(EventType.tenantErased, shownToTenants: false),
        PublishedEvent(EventType.tenantDeployment, shownToTenants: false),
        PublishedEvent(EventType.tenantDeploymentSuccess, shownToTenants: false),
        PublishedEvent(EventType.tenantDeploymentFailure, shownToTenants: false),
        PublishedEvent(
            EventType.usageThresholdReached, shownToTenants: true, .init("meter"), .init("feature"), .init("threshold"),
            .init("limit"), .init("used"), .init("from"), .init("to")),
        payment(EventType.paymentSucceeded),
        payment(EventType.paymentFailed, .init("code"), .init("step"), .init("nextDueOn")),
        payment(EventType.invoiceOverdue, .init("step"), .init("nextDueOn")),
        payment(EventType.dunningExhausted, .init("code"), .init("end")), payment(EventType.dunningEnded),
        subscription(EventType.subscriptionCreated), subscription(EventType.subscriptionActivated),
        subscription(EventType.subscriptionChanged),
        PublishedEvent(
            EventType.subscriptionRepriced, shownToTenants: true, .init("subscriptionId"), .init("planId"),
            .init("currency"), .init("priceBefore"), .init("priceAfter"), .init("effectiveOn")),
        PublishedEvent(
            EventType.subscriptionParked, shownToTenants: false, .init("subscriptionId"), .init("reason"),
            .init("dueOn")),
        PublishedEvent(
            EventType.subscriptionUnparked, shownToTenants: false, .init("subscriptionId"), .init("reason"),
            .init("dueOn")),
        invoice(EventType.invoiceIssued), invoice(EventType.invoicePaid), invoice(EventType.invoiceVoided),
        invoice(EventType.invoiceUncollectible),
        PublishedEvent(
            EventType.creditNoteIssued, shownToTenants: true, .init("invoiceId"), .init("creditNoteId"),
            .init("subscriptionId"), .init("number"), .init("currencyCode"), .init("total"), .init("destination"),
            .init("issuedOn")),
    ]

    private static func invoice(_ type: String) -> PublishedEvent {
        PublishedEvent(
            type, shownToTenants: true, .init("invoiceId"), .init("subscriptionId"), .init("number"),
            .init("currencyCode"), .init("total"), .init("issuedOn"), .init("dueOn"))
    }

    private static func payment(_ type: String, _ more: PublishedEvent.Member...) -> PublishedEvent {
        let members: [PublishedEvent.Member] = [
            .init("invoiceId"), .init("subscriptionId"), .init("number"), .init("amount"), .init("currencyCode"),
        ]
        return PublishedEvent(type, shownToTenants: true, members + more)
    }

    private static func subscription(_ type: String) -> PublishedEvent {
        PublishedEvent(
            type, shownToTenants: true, .init("subscriptionId", from: "subscription", "id"),
            .init("planId", from: "subscription", "planId"), .init("status", from: "subscription", "status"),
            .init("startDate", from: "subscription", "startDate"), .init("endDate", from: "subscription", "endDate"),
            .init("invoiceId", from: "subscription", "invoiceId"))
    }

    /// Their names, in the order above.
    static let types = all.map(\.type)
    /// The names of those that a tenant's own users get.
    static let shownToTenants = all.filter(\.isShownToTenants).map(\.type)

    private static let byType = Dictionary(uniqueKeysWithValues: all.map { ($0.type, $0) })

    /// The type of that name; nil if its events stay within the system.
    static func find(_ type: String) -> PublishedEvent? { byType[type] }
}
