import Entities
import JSONCoding
import Primitives
import ServiceKit

/// The time of a tenant that does not live on the real one. It moves only when somebody advances it, and never back.
enum TestClock {
    static let tenantID = Field.identifier("tenantId", required: true, description: "The tenant that lives on it")
    static let name = Field.string("name", minLength: 1, maxLength: 200, pattern: .visibleText, example: "Two years")
        .personal(.nothing)
    static let now = Field.timestamp(
        "now", column: "instant", required: true, description: "What it shows", example: "2026-01-31T09:00:00.000Z")

    /// The description.
    static let entity = Entity(
        "TestClock", table: "test_clocks", description: "The time of a tenant that does not live on the real one.",
        tenancy: .column(tenantID), fields: [tenantID, name, now],
        uniqueKeys: [UniqueKey("idx_test_clocks_tenant", tenantID)],
        alwaysSet: [tenantID, now, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Days that a clock moves at most in one request.
    static let longestAdvance = 3700
    /// What clocks show: 2000-01-01 up to, and not including, 2200-01-01.
    static let range = Timestamp(seconds: 946_684_800)..<Timestamp(seconds: 7_258_118_400)
}
