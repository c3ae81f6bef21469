import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// What the methods of a repository do to rows (docs/contract/arc-api.md 4.3 with its recommendations).
@Suite struct WriteTests {
    private let plans: EntityRepository
    private let actor = Identifier.v4()
    private var scope: TenantScope { .operatorScope(actor: Actor(id: actor.description)) }

    init() async throws {
        plans = try await EntityDatabase.repository(TestModel.plan)
    }

    private func values(_ json: JSONObject) throws -> FieldValues { try FieldValues(TestModel.plan, json: json) }

    private func json(_ record: Record) throws -> JSONValue { try JSONValue.parse(record.json) }

    @Test func `create returns the row as JSON`() async throws {
        let record = try await plans.create(
            values([
                "name": "A \"b\"\n", "price": .number(try #require(JSONNumber(literal: "12.50"))), "rank": -1,
                "views": 9_007_199_254_740_993, "isActive": false, "validUntil": "2026-01-05",
                "metaData": ["b": [1, nil], "a": "x"], "tags": ["ä", "\"", ""], "deleted": true, "createdBy": "me",
            ]), in: scope)
        let id = try record.id
        #expect(id.timestamp != nil, "version 7")
        let text = String(decoding: record.json, as: UTF8.self)
        let created = try record.timestamp("createdOn")
        #expect(
            text == """
                {"deleted":false,"deletedOn":null,"deletedBy":null,"createdOn":"\(created)","modifiedOn":"\(created)",\
                "createdBy":"\(actor)","modifiedBy":"\(actor)","id":"\(id)","name":"A \\"b\\"\\n","price":12.50,\
                "rank":-1,"views":9007199254740993,"isActive":false,"validUntil":"2026-01-05T00:00:00.000Z",\
                "metaData":{"a": "x", "b": [1, null]},"tags":["ä","\\"",""],"ownerId":null,"slug":null}
                """)
        #expect(try record.version == 1)
        #expect(try await plans.findByID(id, in: scope).json == record.json)
        #expect(try record.text("name") == "A \"b\"\n")
        #expect(try record.number("price") == "12.50")
        #expect(try record.integer("rank") == -1)
        #expect(try record.boolean("isActive") == false)
        #expect(try record.texts("tags") == ["ä", "\"", ""])
        #expect(try record[ifPresent: TestPlan.ownerID] == nil)
        #expect(record.isUnset("slug"))
        #expect(throws: RepositoryError.unexpected(sqlState: nil)) { try record.text("nope") }
    }

    @Test func `actors that are not UUIDs leave the audit columns empty`() async throws {
        let record = try await plans.create(try values(["name": "B"]), in: .operatorScope(actor: Actor(id: "auth0|17")))
        #expect(record.isUnset("createdBy") && record.isUnset("modifiedBy"))
    }

    @Test func `code may set what bodies may not`() async throws {
        let moment = try #require(Timestamp(iso8601: "2020-02-29T12:00:00Z"))
        let maker = Identifier.v4()
        var values = try values(["name": "T", "slug": "from outside"])
        #expect(values["slug"] == nil)
        values["slug"] = "s"
        values["createdOn"] = .timestamp(moment)
        values["createdBy"] = .identifier(maker)
        values.identifier = Identifier.v4()
        let record = try await plans.create(values, in: scope)
        #expect(try record.id == values.identifier)
        #expect(try record.text("slug") == "s")
        #expect(try record.timestamp("createdOn") == moment)
        #expect(try record.identifier("createdBy") == maker)
        #expect(try record.identifier("modifiedBy") == actor)
        var changes = FieldValues(TestModel.plan)
        changes["modifiedBy"] = .identifier(maker)
        changes["slug"] = .null
        let changed = try await plans.updateByID(try record.id, changes, in: scope)
        #expect(try changed.identifier("modifiedBy") == maker)
        #expect(changed.isUnset("slug"))
    }

    @Test func `changes affect only the fields that they name`() async throws {
        let before = try await plans.create(try values(["name": "C", "rank": 1, "price": 5]), in: .system)
        let id = try before.id
        let after = try await plans.updateByID(
            id, try values(["rank": 2, "id": "0198a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d", "deleted": true]), in: scope)
        #expect(try after.id == id)
        #expect(try after.integer("rank") == 2)
        #expect(try after.text("name") == "C")
        #expect(try after.number("price") == "5.00")
        #expect(try after.boolean("deleted") == false)
        #expect(try after.version == 2)
        #expect(try after.identifier("modifiedBy") == actor)
        #expect(after.isUnset("createdBy"))
        #expect(try after.timestamp("modifiedOn") > (try before.timestamp("modifiedOn")))
        #expect(try await plans.updateByID(id, FieldValues(TestModel.plan), in: scope).version == 3)
    }

    @Test func `a replacement unsets the fields that it does not name`() async throws {
        let before = try await plans.create(try values(["name": "D", "rank": 1, "tags": ["x"]]), in: scope)
        let after = try await plans.replaceByID(try before.id, try values(["name": "E", "price": 1]), in: .system)
        #expect(try after.text("name") == "E")
        #expect(after.isUnset("rank") && after.isUnset("tags"))
        #expect(try after.identifier("createdBy") == actor)
        #expect(try after.timestamp("createdOn") == (try before.timestamp("createdOn")))
        let contacts = try await EntityDatabase.repository(TestModel.contact)
        #expect(contacts.entity.name == "Contact")
    }

    @Test func `replacement checks the id`() async throws {
        let record = try await plans.create(try values(["name": "F"]), in: scope)
        let id = try record.id
        #expect(try await plans.replaceByID(id, try values(["name": "G", "id": .identifier(id)]), in: scope).id == id)
        let other = Identifier.v4()
        await #expect(throws: RepositoryError.identifierChanged(from: id.description, to: other.description)) {
            try await plans.replaceByID(id, try values(["name": "G", "id": .identifier(other)]), in: scope)
        }
    }

    @Test func `deleted rows do not exist for anything but restore`() async throws {
        let id = try await plans.create(try values(["name": "H"]), in: .system).id
        let deleted = try await plans.deleteByID(id, in: scope)
        #expect(try deleted.boolean("deleted"))
        #expect(try deleted.identifier("deletedBy") == actor)
        #expect(!deleted.isUnset("deletedOn"))
        let gone = RepositoryError.notFound(entity: "Plan", table: "plans", id: id.description)
        await #expect(throws: gone) { try await plans.findByID(id, in: scope) }
        await #expect(throws: gone) {
            try await plans.findByID(id, filter: Filter(fields: .only(names: ["name"])), in: scope)
        }
        await #expect(throws: gone) { try await plans.updateByID(id, try values(["rank": 1]), in: scope) }
        await #expect(throws: gone) { try await plans.replaceByID(id, try values(["name": "x"]), in: scope) }
        await #expect(throws: gone) { try await plans.deleteByID(id, in: scope) }
        #expect(try await plans.count(.equals("id", .identifier(id)), in: scope) == 0)
        #expect(try await plans.find(Filter(where: .equals("id", .identifier(id))), in: scope).isEmpty)
        #expect(
            try await plans.updateAll(try values(["rank": 1]), where: .equals("id", .identifier(id)), in: scope).isEmpty
        )

        let restored = try await plans.restoreByID(id, in: scope)
        #expect(restored.isUnset("deletedOn") && restored.isUnset("deletedBy"))
        #expect(try await plans.findByID(id, in: scope).version == 3)
        await #expect(throws: gone) { try await plans.restoreByID(id, in: scope) }
    }

    @Test func `a change of an older version is refused`() async throws {
        let id = try await plans.create(try values(["name": "I"]), in: scope).id
        _ = try await plans.updateByID(id, try values(["rank": 1]), in: scope, ifVersion: 1)
        await #expect(throws: RepositoryError.versionMismatch(current: 2)) {
            try await plans.updateByID(id, try values(["rank": 2]), in: scope, ifVersion: 1)
        }
        await #expect(throws: RepositoryError.notFound(entity: "Plan", table: "plans", id: actor.description)) {
            try await plans.updateByID(actor, try values(["rank": 2]), in: scope, ifVersion: 1)
        }
        #expect(try await plans.findByID(id, in: scope).integer("rank") == 1)
    }

    @Test func `bulk changes report the number of changed rows`() async throws {
        let name = "bulk-\(Identifier.v4())"
        let records = try await plans.createAll(
            [try values(["name": .string(name), "rank": 1]), try values(["name": .string(name), "rank": 2])], in: scope)
        let changed = try await plans.updateAll(
            try values(["rank": 9]), where: .equals("name", .text(name)).and(.compare("rank", .less, 2)), in: scope)
        #expect(changed == [RowVersion(id: try records[0].id, version: 2)])
        #expect(try await plans.count(.equals("name", .text(name)).and(.equals("rank", 9)), in: scope) == 1)
    }

    @Test func `a bulk change of every row must be explicit`() async throws {
        let condition = try Where.parse(json: #"{"or": [{}]}"#, for: TestModel.plan)
        await #expect(throws: RepositoryError.invalidFilter(.unrestricted)) {
            try await plans.updateAll(try values(["rank": 9]), where: condition, in: scope)
        }
    }

    @Test func `rows of tables without audit columns are really deleted`() async throws {
        let tags = try await EntityDatabase.repository(TestModel.tag)
        let record = try await tags.create(try FieldValues(TestModel.tag, json: ["label": "x"]), in: .system)
        let id = try record.id
        #expect(String(decoding: record.json, as: UTF8.self) == "{\"id\":\"\(id)\",\"label\":\"x\"}")
        #expect(
            try await tags.updateByID(id, try FieldValues(TestModel.tag, json: ["label": "y"]), in: .system).version
                == 2)
        #expect(try await tags.deleteByID(id, in: .system).text("label") == "y")
        #expect(try await tags.count(.equals("id", .identifier(id)), in: .system) == 0)
    }

    @Test func `hidden audit columns are written and not shown`() async throws {
        let currencies = try await EntityDatabase.repository(TestModel.currency)
        let record = try await currencies.create(
            try FieldValues(TestModel.currency, json: ["currencyCode": "XTS"]), in: scope)
        #expect(try json(record).objectValue?.keys == ["id", "currencyCode"])
        #expect(try record.identifier("createdBy") == actor)
        _ = try await currencies.deleteByID(try record.id, in: scope)
        #expect(try await currencies.count(.equals("currencyCode", "XTS"), in: scope) == 0)
    }

    @Test func `fields limit the JSON`() async throws {
        let id = try await plans.create(try values(["name": "J", "rank": 4]), in: scope).id
        let only = try await plans.findByID(id, filter: Filter(fields: .only(names: ["rank", "name"])), in: scope)
        #expect(String(decoding: only.json, as: UTF8.self) == #"{"name":"J","rank":4}"#)
        #expect(try only.id == id)
        let except = try await plans.findByID(id, filter: Filter(fields: .except(names: ["rank", "id"])), in: scope)
        #expect(try json(except)["rank"] == nil && json(except)["id"] == nil && json(except)["name"] == "J")
    }

    @Test func `hidden fields are available to code only`() async throws {
        let leads = try await EntityDatabase.repository(TestModel.lead)
        var values = try FieldValues(
            TestModel.lead, json: ["email": "a@b.cd", "isValidated": true, "secretNote": "from outside"])
        #expect(values["secretNote"] == nil)
        values["secretNote"] = "from code"
        let record = try await leads.create(values, in: scope)
        #expect(try record.text("secretNote") == "from code")
        #expect(!String(decoding: record.json, as: UTF8.self).contains("secret"))
        values["typo"] = "x"
        await #expect(throws: RepositoryError.unexpected(sqlState: nil)) { try await leads.create(values, in: scope) }
    }
}
