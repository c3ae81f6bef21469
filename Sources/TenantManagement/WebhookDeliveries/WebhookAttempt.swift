import Entities

/// One attempt at a delivery: what was answered, or why nothing was.
enum WebhookAttempt {
    static let deliveryID = Field.identifier("deliveryId", required: true, access: .readOnly)
    /// The tenant that owns the endpoint; nil: the operator.
    static let ownerID = Field.identifier("ownerId", access: .hidden)
    static let number = Field.integer("number", required: true, access: .readOnly, description: "From 1")
    static let startedOn = Field.timestamp("startedOn", required: true, access: .readOnly)
    static let durationMillis = Field.integer("durationMillis", required: true, access: .readOnly)
    static let httpStatus = Field.integer(
        "httpStatus", access: .readOnly, description: "Unset when there was no answer")
    static let error = Field.string("error", maxLength: 300, access: .readOnly, description: "Why it has failed")
    static let response = Field.string(
        "response", maxLength: ResponseExcerpt.maximumLength, access: .readOnly,
        description: "The beginning of the body of the answer, without control characters")

    /// The description.
    static let entity = Entity(
        "WebhookAttempt", table: "webhook_attempts", description: "One attempt at a delivery.", audit: .none,
        tenancy: .column(ownerID),
        fields: [deliveryID, ownerID, number, startedOn, durationMillis, httpStatus, error, response],
        alwaysSet: [deliveryID, number, startedOn, durationMillis])
}
