/// The names of the events that travel on the bus.
///
/// The names of the first group are those of the original (docs/contract/arc-api.md 7), because users' pipelines match on
/// them. Those of the second group are additions. A new name is upper-case words joined by underscores, see ``EventEnvelope/isValid(type:)``.
package enum EventType {
    /// A tenant shall be provisioned; `data` is the payload of docs/contract/arc-api.md 9.3.
    package static let tenantProvisioning = "TENANT_PROVISIONING"
    /// A tenant's resources shall be removed.
    package static let tenantDeprovisioning = "TENANT_DEPROVISIONING"
    /// A tenant's infrastructure exists.
    package static let tenantProvisioningSuccess = "TENANT_PROVISIONING_SUCCESS"
    /// A tenant's infrastructure could not be made.
    package static let tenantProvisioningFailure = "TENANT_PROVISIONING_FAILURE"
    /// The application shall be deployed for a tenant.
    package static let tenantDeployment = "TENANT_DEPLOYMENT"
    /// The application is deployed for a tenant.
    package static let tenantDeploymentSuccess = "TENANT_DEPLOYMENT_SUCCESS"
    /// The application could not be deployed for a tenant.
    package static let tenantDeploymentFailure = "TENANT_DEPLOYMENT_FAILURE"

    /// A tenant was stored; nothing is provisioned yet. `data` is `{"tenantId", "isBlocked", "version"}`. Tenants that are
    /// provisioned at once are announced by ``tenantProvisioning``.
    package static let tenantCreated = "TENANT_CREATED"
    /// The resources of a tenant were removed: `data` is `{"tenantId", "status": 1}`.
    package static let tenantDeprovisioningSuccess = "TENANT_DEPROVISIONING_SUCCESS"
    /// The resources of a tenant could not be removed: `data` is `{"tenantId", "status": 0}`.
    package static let tenantDeprovisioningFailure = "TENANT_DEPROVISIONING_FAILURE"
    /// A tenant's resources shall be moved; `data` is that of ``tenantProvisioning``, and where to.
    package static let tenantMoveRequested = "TENANT_MOVE_REQUESTED"
    /// The old copy of a moved tenant's data is no longer needed: `data` is `{"tenantId"}`.
    package static let tenantMoveConfirmed = "TENANT_MOVE_CONFIRMED"
    /// The resources of a tenant were moved: `data` is `{"tenantId", "status": 1}`.
    package static let tenantMoveSuccess = "TENANT_MOVE_SUCCESS"
    /// The resources of a tenant could not be moved and are where they were: `data` is `{"tenantId", "status": 0}`.
    package static let tenantMoveFailure = "TENANT_MOVE_FAILURE"
    /// An operator intervenes in the provisioning, deprovisioning or move of a tenant: `data` is `{"tenantId", "context",
    /// "commandId", "command", "actor", "reason"}`. The id of the event is that of the command.
    package static let tenantProvisioningCommand = "TENANT_PROVISIONING_COMMAND"
    /// A tenant was deleted, restored, suspended or resumed: `data` is `{"tenantId", "isBlocked", "version"}`. Whether its users
    /// may act, and it may subscribe, follows from the event of the highest version.
    package static let tenantAccessChanged = "TENANT_ACCESS_CHANGED"
    /// A tenant was suspended: `data` is `{"tenantId", "status", "previousStatus", "reasons", "version"}`, with the reasons that
    /// hold. Reasons that are added later publish nothing.
    package static let tenantSuspended = "TENANT_SUSPENDED"
    /// A tenant is no longer suspended: `data` is that of ``tenantSuspended``, with the reasons that were removed.
    package static let tenantReactivated = "TENANT_REACTIVATED"
    /// The personal data of an off-boarded tenant shall be erased: `data` is `{"tenantId"}`.
    package static let tenantErased = "TENANT_ERASED"
    /// All rows of a tenant shall be sent for an archive: `data` is `{"tenantId", "exportId"}`.
    package static let tenantExportRequested = "TENANT_EXPORT_REQUESTED"
    /// The application data of a tenant shall be sent for an archive: `data` is `{"type", "tenant", "secret", "context"}`, where
    /// the context is the id of the export.
    package static let tenantDataExportRequested = "TENANT_DATA_EXPORT_REQUESTED"
    /// A part of a tenant's rows in another service: `data` is `{"tenantId", "exportId", "position", "isLast", "text"}`.
    package static let tenantExportPart = "TENANT_EXPORT_PART"
    /// A part of the list of all tenants: `data` is `{"tenants": [{"id", "isBlocked", "version"}], "isComplete"}`. The parts have
    /// the tenant id 1, so that they arrive in their order; `isComplete` is true in the last one.
    package static let tenantsListed = "TENANTS_LISTED"
    /// A role was added, changed or deleted: `data` is `{"roleId", "name", "audience", "permissions", "isDeleted", "version"}`. What
    /// a role is follows from the event of the highest version.
    package static let roleChanged = "ROLE_CHANGED"
    /// An API key was added, rotated or deleted: `data` is `{"keyId", "tenantId", "permissions", "roles", "hash", "expiresOn",
    /// "previousHash", "previousExpiresOn", "isDeleted", "version"}`. The highest version counts.
    package static let apiKeyChanged = "API_KEY_CHANGED"
    /// API keys were used on another service: `data` is `{"uses": [{"keyId", "usedOn"}]}`.
    package static let apiKeysUsed = "API_KEYS_USED"
    /// Tokens are no longer accepted: `data` is `{"revocationId", "kind", "value", "tenantId", "issuedBefore", "expiresOn"}`.
    package static let tokensRevoked = "TOKENS_REVOKED"
    /// A subscription was stored with its draft invoice.
    package static let subscriptionCreated = "SUBSCRIPTION_CREATED"
    /// A subscription became active: tenant management provisions a tenant that waits for it.
    package static let subscriptionActivated = "SUBSCRIPTION_ACTIVATED"
    /// A subscription was changed by an action of the API, or because a day has come: `data` is that of the other two, and the cause.
    package static let subscriptionChanged = "SUBSCRIPTION_CHANGED"
    /// The price of an existing subscription is to change, since its plan was repriced: `data` is `{"tenantId",
    /// "subscriptionId", "planId", "planVersion", "currency", "priceBefore", "priceAfter", "effectiveOn"}`.
    package static let subscriptionRepriced = "SUBSCRIPTION_REPRICED"
    /// A subscription cannot be billed: `data` is `{"tenantId", "subscriptionId", "reason", "dueOn"}`. It waits for somebody.
    package static let subscriptionParked = "SUBSCRIPTION_PARKED"
    /// A subscription that could not be billed goes on: `data` is that of ``subscriptionParked``, with the former reason.
    package static let subscriptionUnparked = "SUBSCRIPTION_UNPARKED"
    /// An invoice got its number: `data` is `{"tenantId", "invoiceId", "subscriptionId", "number", "currencyCode", "total", "issuedOn",
    /// "dueOn"}`, and `mail` with `{"to", "locale", "amount", "isCollected"}` if somebody gets one.
    package static let invoiceIssued = "INVOICE_ISSUED"
    /// An invoice was paid or credited completely: `data` is that of ``invoiceIssued``, as it is of the next two.
    package static let invoicePaid = "INVOICE_PAID"
    /// An invoice was voided.
    package static let invoiceVoided = "INVOICE_VOIDED"
    /// An invoice was written off.
    package static let invoiceUncollectible = "INVOICE_UNCOLLECTIBLE"
    /// An invoice was corrected: `data` is `{"tenantId", "invoiceId", "creditNoteId", "subscriptionId", "number", "currencyCode", "total",
    /// "destination", "issuedOn"}`, and `mail` with `{"to", "locale", "invoiceNumber"}` if somebody gets one.
    package static let creditNoteIssued = "CREDIT_NOTE_ISSUED"
    /// An invoice was paid by the tenant's payment source: `data` is `{"tenantId", "invoiceId", "subscriptionId", "number", "amount",
    /// "currencyCode", "amountText"}`.
    package static let paymentSucceeded = "PAYMENT_SUCCEEDED"
    /// A payment by the tenant's payment source has failed: `data` is that of ``paymentSucceeded``, and `code`, `step`, `nextDueOn`.
    package static let paymentFailed = "PAYMENT_FAILED"
    /// The last day to pay an invoice is over: `data` is that of ``paymentSucceeded``, and `step`, `nextDueOn`.
    package static let invoiceOverdue = "INVOICE_OVERDUE"
    /// The schedule of an invoice is over, and it is not paid: `data` is that of ``paymentSucceeded``, and `code`, `end`.
    package static let dunningExhausted = "DUNNING_EXHAUSTED"
    /// An invoice that was late is paid, or not owed any more: `data` is that of ``paymentSucceeded``.
    package static let dunningEnded = "DUNNING_ENDED"
    /// A tenant is to be suspended because of what it owes, or not any more: `data` is `{"tenantId", "isSuspended", "version"}`. The
    /// highest version counts.
    package static let tenantBillingStandingChanged = "TENANT_BILLING_STANDING_CHANGED"
    /// A tenant has used a part of a limit: `data` is `{"tenantId", "meter", "feature", "threshold", "limit", "used", "from",
    /// "to"}`, where `to` is absent for a limit without a period. Once for each threshold and period.
    package static let usageThresholdReached = "USAGE_THRESHOLD_REACHED"
    /// A webhook endpoint was disabled because of its answers: `data` is `{"tenantId", "endpointId", "reason"}`, where `tenantId`
    /// is absent for an endpoint that gets the events of all tenants.
    package static let webhookEndpointDisabled = "WEBHOOK_ENDPOINT_DISABLED"
}
