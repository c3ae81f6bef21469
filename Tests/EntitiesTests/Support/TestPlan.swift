import Entities

/// One field of every type.
enum TestPlan {
    static let name = Field.string("name", maxLength: 100, required: true)
    static let price = Field.number("price")
    static let rank = Field.integer("rank")
    static let views = Field.integer("views", width: .int64)
    static let isActive = Field.boolean("isActive")
    static let validUntil = Field.timestamp("validUntil", acceptsDate: true)
    static let metaData = Field.object("metaData", schema: .any)
    static let tags = Field.strings("tags")
    static let ownerID = Field.identifier("ownerId")
    static let slug = Field.string("slug", access: .readOnly)

    static let entity = Entity(
        "Plan", table: "plans", tenancy: .shared,
        fields: [name, price, rank, views, isActive, validUntil, metaData, tags, ownerID, slug],
        alwaysSet: [name, AuditBlock.createdOn])
}
