import Entities
import JSONCoding

/// A URL that gets events as signed POST requests (Standard Webhooks).
enum WebhookEndpoint {
    /// Whose an endpoint is.
    enum Audience: String, FieldValue, CaseIterable {
        /// A tenant's: its users manage it, and it gets what they may see of their tenant.
        case tenant
        /// The operator's: it gets all types of events, of one tenant or of all.
        case `operator`
    }

    /// How deliveries are signed.
    enum Signing: String, FieldValue, CaseIterable {
        /// `v1`, HMAC-SHA256 with a secret that both sides know.
        case hmac
        /// `v1a`, Ed25519: receivers have the public key only.
        case ed25519
    }

    /// Why no deliveries are made.
    enum DisabledReason: String, FieldValue, CaseIterable {
        /// A user has disabled it.
        case manual = "MANUAL"
        /// It has answered 410.
        case gone = "GONE"
        /// It has only failed for days.
        case failing = "FAILING"
    }

    static let url = Field.string(
        "url", maxLength: WebhookURL.maximumLength, pattern: WebhookURL.pattern, required: true,
        description: "Where deliveries are sent: https, without user, password and fragment",
        example: "https://hooks.example.com/arc"
    ).personal(.text("https://erased.invalid/"))
    static let eventTypes = Field.strings(
        "eventTypes", items: .string(oneOf: PublishedEvents.types), uniqueItems: true, maxItems: 100,
        description: "The types of events to deliver; empty or omitted: all that the owner may see",
        example: ["SUBSCRIPTION_ACTIVATED"])
    static let description = Field.string("description", maxLength: 500, example: "Accounting").personal(.nothing)
    static let isEnabled = Field.boolean(
        "isEnabled",
        description:
            "Whether deliveries are made (default true). What waits for a disabled endpoint is delivered once it is enabled again"
    )
    static let tenantID = Field.identifier(
        "tenantId",
        description: "The tenant whose events are delivered; of an operator's endpoint without it: all tenants")
    /// The tenant that owns the endpoint; nil: the operator.
    static let ownerID = Field.identifier("ownerId", access: .hidden)
    static let audience = Field<Audience>.string(
        "audience", access: .readOnly, description: "Whose the endpoint is: the tenant's or the operator's")
    static let signing = Field<Signing>.string(
        "signing", access: .readOnly, description: "How deliveries are signed: hmac (v1) or ed25519 (v1a)")
    static let disabledReason = Field<DisabledReason>.string(
        "disabledReason", access: .readOnly,
        description: "MANUAL, GONE (the receiver has answered 410) or FAILING (it has only failed for days)")
    static let disabledOn = Field.timestamp("disabledOn", access: .readOnly)

    /// The description.
    static let entity = Entity(
        "WebhookEndpoint", table: "webhook_endpoints", description: "A URL that gets events as signed requests.",
        tenancy: .column(ownerID),
        fields: [
            url, eventTypes, description, isEnabled, tenantID, ownerID, audience, signing, disabledReason, disabledOn,
        ],
        relations: [.belongsTo("tenant", "Tenant", by: tenantID)],
        rules: [
            RowRule(
                "webhook_endpoints_scope", code: "tenant",
                [tenantID: "must be the tenant that owns the endpoint"])
        ],
        alwaysSet: [
            url, eventTypes, isEnabled, audience, signing, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
