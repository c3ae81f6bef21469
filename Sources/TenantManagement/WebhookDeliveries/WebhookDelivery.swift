import Entities

/// An event on its way to an endpoint. Its id is the `webhook-id` of every attempt, also of replays.
enum WebhookDelivery {
    /// How far it has come.
    enum Status: String, FieldValue, CaseIterable {
        /// It is sent, or waits for its next attempt.
        case pending = "PENDING"
        /// The receiver has answered 2xx.
        case succeeded = "SUCCEEDED"
        /// It was given up after the last attempt.
        case failed = "FAILED"
    }

    static let endpointID = Field.identifier("endpointId", required: true, access: .readOnly)
    /// The tenant that owns the endpoint; nil: the operator.
    static let ownerID = Field.identifier("ownerId", access: .hidden)
    static let tenantID = Field.identifier(
        "tenantId", access: .readOnly, description: "The tenant that the event is about")
    static let eventID = Field.identifier("eventId", required: true, access: .readOnly)
    static let eventType = Field.string("eventType", maxLength: 100, required: true, access: .readOnly)
    static let status = Field<Status>.string(
        "status", required: true, access: .readOnly,
        description: "PENDING, SUCCEEDED, or FAILED after the last attempt")
    static let attempts = Field.integer("attempts", required: true, access: .readOnly, description: "Attempts so far")
    static let nextAttemptOn = Field.timestamp(
        "nextAttemptOn", access: .readOnly,
        description: "When it is tried next; while it is sent, when it is given back")
    static let lastStatus = Field.integer(
        "lastStatus", access: .readOnly, description: "HTTP status of the last attempt, if there was an answer")
    static let lastError = Field.string(
        "lastError", maxLength: 300, access: .readOnly, description: "Why the last attempt has failed")
    static let createdOn = Field.timestamp("createdOn", required: true, access: .readOnly)
    static let completedOn = Field.timestamp("completedOn", access: .readOnly)

    static let attemptList = Relation.hasMany("attemptList", "WebhookAttempt", by: WebhookAttempt.deliveryID)

    /// The description.
    static let entity = Entity(
        "WebhookDelivery", table: "webhook_deliveries", description: "An event on its way to an endpoint.",
        audit: .none,
        tenancy: .column(ownerID),
        fields: [
            endpointID, ownerID, tenantID, eventID, eventType, status, attempts, nextAttemptOn, lastStatus, lastError,
            createdOn, completedOn,
        ],
        relations: [.belongsTo("endpoint", "WebhookEndpoint", by: endpointID), attemptList],
        alwaysSet: [endpointID, eventID, eventType, status, attempts, createdOn])
}
