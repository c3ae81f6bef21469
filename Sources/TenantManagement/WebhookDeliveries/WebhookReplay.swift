import Entities
import JSONCoding

/// A request to send the events of a time range to an endpoint: who has asked for it, and why.
enum WebhookReplay {
    static let endpointID = Field.identifier("endpointId", required: true, access: .readOnly)
    /// The tenant that owns the endpoint; nil: the operator.
    static let ownerID = Field.identifier("ownerId", access: .hidden)
    static let from = Field.timestamp(
        "from", column: "from_on", required: true, access: .readOnly, description: "Beginning of the range")
    static let to = Field.timestamp(
        "to", column: "to_on", required: true, access: .readOnly, description: "End of the range, included")
    static let eventTypes = Field.strings(
        "eventTypes", access: .readOnly, description: "The types that were asked for; null: all that the endpoint gets")
    static let reason = Field.string("reason", maxLength: 200, access: .readOnly, example: "Receiver was down")
    static let count = Field.integer(
        "count", column: "deliveries", required: true, access: .readOnly, description: "Events of the range")
    static let createdOn = Field.timestamp("createdOn", required: true, access: .readOnly)
    static let createdBy = Field.identifier("createdBy", access: .readOnly, description: "Who asked for it")

    /// The description.
    static let entity = Entity(
        "WebhookReplay", table: "webhook_replays",
        description: "A request to send the events of a time range to an endpoint.", audit: .none,
        tenancy: .column(ownerID),
        fields: [endpointID, ownerID, from, to, eventTypes, reason, count, createdOn, createdBy],
        relations: [.belongsTo("endpoint", "WebhookEndpoint", by: endpointID)],
        alwaysSet: [endpointID, from, to, count, createdOn])
}
