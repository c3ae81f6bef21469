import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// An event describes a row before the row is read back: both must be the same.
@Suite struct EventRowTests {
    @Test func `the values of an insert are written like its row`() async throws {
        let plans = try await EntityDatabase.repository(TestModel.plan)
        let scope = TenantScope.operatorScope(actor: Actor(id: Identifier.v4().description))
        var values = try FieldValues(
            TestModel.plan,
            json: [
                "name": "event \"x\"", "price": .number(try #require(JSONNumber(literal: "12.50"))), "rank": 3,
                "isActive": true, "validUntil": "2026-01-05", "metaData": ["a": [1, nil]], "tags": ["x", "ä"],
            ])
        values.identifier = Identifier.v4()
        let record = try await plans.create(values, in: scope)
        var writer = JSONWriter()
        writer.beginObject()
        values.writeMembers(at: try record.timestamp("createdOn"), in: scope, to: &writer)
        writer.endObject()
        #expect(try JSONValue.parse(writer.bytes) == JSONValue.parse(record.json))
        #expect(try JSONValue.parse(writer.bytes).objectValue?.keys == JSONValue.parse(record.json).objectValue?.keys)
        let members = try #require(try JSONValue.parse(record.json).objectValue)
        let predicted = try values.members(at: try record.timestamp("createdOn"), in: scope)
        #expect(predicted == members && predicted.keys == members.keys)
        #expect(try record.members() == members && record.members().keys == members.keys)
    }
}
