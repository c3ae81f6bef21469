import Entities
import JSONCoding
import Primitives

/// Something that happens, or happened, to a subscription that the engine bills.
enum SubscriptionChange {
    /// What becomes of it.
    enum State: String, FieldValue, CaseIterable {
        /// It does not count yet, and can be edited and canceled.
        case scheduled
        case applied
        case canceled
    }

    /// What it is: the types of `POST /billing-preview`, and two that change what was agreed at the start.
    enum Kind: String, FieldValue, CaseIterable {
        case change
        case quantity
        case pause
        case resume
        case anchor
        case creditNote = "credit_note"
        case cancel
        /// An add-on is attached.
        case addItem = "add_item"
        /// An add-on is detached.
        case removeItem = "remove_item"
        /// More periods of a fixed term.
        case renew
        /// Another scenario from now on: what was agreed before has ended.
        case restart
    }

    /// Where a price comes from, if it is not what the plan costs.
    enum Origin: String, FieldValue, CaseIterable {
        /// A price of its own.
        case override
        /// That ends: the price of the plan comes back.
        case overrideEnd = "override_end"
        /// The price of the plan was changed for those who have subscribed.
        case repricing
    }

    static let subscriptionID = Field.identifier("subscriptionId", access: .readOnly)
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let position = Field.integer(
        "position", minimum: 1, access: .readOnly, description: "The order in which they became known, from 1",
        example: 1)
    static let type = Field<Kind>.string("type", access: .readOnly, example: "quantity")
    static let state = Field<State>.string("state", access: .readOnly, example: "scheduled")
    static let policy = Field.string(
        "policy", access: .readOnly, description: "How it is billed", example: "at_period_end")
    static let requestedOn = Field.string(
        "requestedOn", access: .readOnly, description: "The day it was asked for, as the subscriber's calendar has it",
        example: "2026-01-31")
    static let effectiveOn = Field.string(
        "effectiveOn", access: .readOnly, description: "The first day on which it counts", example: "2026-02-28")
    static let planID = Field.identifier(
        "planId", access: .readOnly, description: "The plan from that day on; null: the same one")
    static let planVersion = Field.integer(
        "planVersion", minimum: 0, access: .readOnly,
        description:
            "The version of the plan whose price counts from that day on, 0 for its row; null: the price stays",
        example: 2)
    static let addOnID = Field.identifier(
        "addOnId", access: .readOnly, description: "The add-on that is attached, changed or detached")
    static let origin = Field<Origin>.string(
        "origin", access: .readOnly, description: "Where the price comes from, if it is not what the plan costs",
        example: "override")
    static let note = Field.string(
        "note", maxLength: 200, access: .readOnly, description: "Why the subscription has a price of its own",
        example: "Agreed on by phone"
    ).personal(.nothing)
    static let change = Field.object(
        "change", access: .readOnly, description: "As an element of `changes` of POST /billing-preview",
        example: ["at": "2026-01-31", "type": "quantity", "quantity": "5", "policy": "at_period_end"])

    /// The description.
    static let entity = Entity(
        "SubscriptionChange", table: "subscription_changes",
        description: "Something that happens, or happened, to a subscription.", tenancy: .column(tenantID),
        fields: [
            subscriptionID, tenantID, position, type, state, policy, requestedOn, effectiveOn, planID, planVersion,
            addOnID, origin, note, change,
        ],
        alwaysSet: [
            subscriptionID, tenantID, position, type, state, requestedOn, change, AuditBlock.createdOn,
            AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
