import Entities
import JSONCoding
import Primitives
import Testing

/// Fields as members of their entities: one declaration for values, rows, conditions, schemas and relations.
@Suite struct FieldTests {
    private let plans: EntityRepository
    private let scope = TenantScope.system

    init() async throws {
        plans = try await EntityDatabase.repository(TestPlan.entity)
    }

    @Test func `every type of value comes back as it was written`() async throws {
        let owner = Identifier.v4()
        let instant = try #require(Timestamp(iso8601: "2026-01-05T10:00:00.123Z"))
        var values = FieldValues(TestPlan.entity)
        values[TestPlan.name] = "ä\"\n"
        values[TestPlan.price] = JSONNumber(literal: "12.50")
        values[TestPlan.rank] = -7
        values[TestPlan.views] = 9_007_199_254_740_993
        values[TestPlan.isActive] = false
        values[TestPlan.validUntil] = instant
        values[TestPlan.metaData] = JSONText(["a": [1, nil]])
        values[TestPlan.tags] = ["x", ""]
        values[TestPlan.ownerID] = owner
        values[TestPlan.slug] = "s"
        #expect(values[TestPlan.rank] == -7 && values[TestPlan.validUntil] == instant)
        let row = try await plans.create(values, in: scope)
        #expect(try row[TestPlan.name] == "ä\"\n")
        #expect(try row[TestPlan.price].literal == "12.50")
        #expect(try row[TestPlan.rank] == -7 && row[TestPlan.views] == 9_007_199_254_740_993)
        #expect(try row[TestPlan.isActive] == false && row[TestPlan.validUntil] == instant)
        #expect(try row[TestPlan.metaData].value() == ["a": [1, nil]])
        #expect(try row[TestPlan.tags] == ["x", ""] && row[TestPlan.ownerID] == owner && row[TestPlan.slug] == "s")
        #expect(try row[Entity.id] == row.id && row[AuditBlock.deleted] == false)
    }

    @Test func `nil writes NULL, and a field that is removed stays as it is`() async throws {
        var values = FieldValues(TestPlan.entity)
        values[TestPlan.name] = "n"
        values[TestPlan.rank] = 3
        values[TestPlan.views] = 4
        let row = try await plans.create(values, in: scope)
        var changes = FieldValues(TestPlan.entity)
        changes[TestPlan.rank] = nil
        changes[TestPlan.views] = 5
        #expect(changes.writes(TestPlan.rank) && changes[TestPlan.rank] == nil)
        changes.remove(TestPlan.views)
        #expect(!changes.writes(TestPlan.views))
        let changed = try await plans.updateByID(row.id, changes, in: scope)
        #expect(changed.isUnset(TestPlan.rank))
        #expect(try changed[ifPresent: TestPlan.rank] == nil && changed[TestPlan.views] == 4)
        #expect(throws: RepositoryError.unexpected(sqlState: nil)) { try changed[TestPlan.rank] }
    }

    @Test func `a value outside the enumeration is an error of the read`() async throws {
        enum Rank: Int, FieldValue, CaseIterable {
            case first = 1
            case second = 2
        }
        let rank = Field<Rank>.integer("rank")
        var values = FieldValues(TestPlan.entity)
        values[TestPlan.name] = "n"
        values[rank] = .second
        let row = try await plans.create(values, in: scope)
        #expect(try row[rank] == .second && row[TestPlan.rank] == 2)
        values[TestPlan.rank] = 3
        let other = try await plans.create(values, in: scope)
        #expect(throws: RepositoryError.unexpected(sqlState: nil)) { try other[rank] }
    }

    @Test func `a field of another entity, or one that was not selected, is an error`() async throws {
        var values = FieldValues(TestPlan.entity)
        values[TestPlan.name] = "n"
        let id = try await plans.create(values, in: scope).id
        let row = try await plans.findByID(id, filter: Filter(fields: .only(TestPlan.name)), in: scope)
        #expect(try row[TestPlan.name] == "n")
        #expect(throws: RepositoryError.unexpected(sqlState: nil)) { try row[ifPresent: TestPlan.rank] }
        #expect(throws: RepositoryError.unexpected(sqlState: nil)) { try row[TestTenant.domains] }
        values[TestTenant.domains] = ["x"]
        await #expect(throws: RepositoryError.unexpected(sqlState: nil)) { try await plans.create(values, in: scope) }
    }

    @Test func `conditions made of fields are those that requests make`() throws {
        func parsed(_ json: String) throws -> Where { try Where.parse(json: json, for: TestTenant.entity) }
        let id = Identifier.v4()
        #expect(try parsed(#"{"status": 2}"#) == .equals(TestTenant.status, .provisioning))
        #expect(try parsed(#"{"status": {"inq": [0, 5]}}"#) == .oneOf(TestTenant.status, [.active, .inactive]))
        #expect(try parsed(#"{"name": {"gt": "b"}}"#) == .compare(TestTenant.name, .greater, "b"))
        #expect(try parsed(#"{"leadId": null}"#) == .isNull(TestTenant.leadID))
        #expect(try parsed(#"{"id": "\#(id)"}"#) == .equals(Entity.id, id))
        #expect(try parsed(#"{"domains": ["a.b"]}"#) == .equals(TestTenant.domains, ["a.b"]))
        let filter = try Filter.parse(
            json: #"{"order": "key DESC", "fields": ["key"], "include": ["contacts"]}"#, for: TestTenant.entity,
            in: plans.catalog)
        let made = Filter(
            fields: .only(TestTenant.key), order: [Order(TestTenant.key, descending: true)],
            include: [Inclusion(TestTenant.contacts)])
        #expect(filter.fields == made.fields && filter.order == made.order)
        #expect(filter.includes.map(\.relation) == made.includes.map(\.relation))
    }

    @Test func `an enumeration is the schema of its field`() {
        let status = TestTenant.status.definition.schema
        #expect(status == Field.integer("status", width: .int16, oneOf: [0, 1, 2, 3, 4, 5]).definition.schema)
        #expect(TestTenant.entity.newSchema.omitting(TestTenant.key).properties.contains { $0.name == "status" })
        #expect(!TestTenant.entity.newSchema.omitting(TestTenant.key).properties.contains { $0.name == "key" })
    }

    @Test func `related rows are read without making JSON of them`() async throws {
        let story = try await TenantStory()
        let contacts = Filter(order: [Order(TestContact.firstName)], include: [Inclusion(TestContact.tenant)])
        let row = try await story.tenants.findByID(
            story.id,
            filter: Filter(include: [Inclusion(TestTenant.contacts, scope: contacts), Inclusion(TestTenant.lead)]),
            in: scope)
        let names = try row.related(TestTenant.contacts) { contact in
            let tenant = try #require(try contact.related(TestContact.tenant) { try $0[TestTenant.key] }.first)
            #expect(try tenant == row[TestTenant.key])
            return try "\(contact[TestContact.firstName]) \(contact[TestContact.isPrimary])"
        }
        #expect(names == ["A true", "B false", "C false", "D false"])
        #expect(try row.related(TestTenant.lead) { try $0[Entity.id] } == [story.leadID])
        #expect(throws: RepositoryError.unexpected(sqlState: nil)) {
            try row.related(TestContact.tenant) { try $0[Entity.id] }
        }
        #expect(throws: RepositoryError.unexpected(sqlState: nil)) {
            try row.related(TestTenant.lead) { try $0[TestTenant.domains] }
        }
        var alone = FieldValues(TestTenant.entity)
        alone[TestTenant.name] = "E"
        alone[TestTenant.status] = .active
        alone[TestTenant.key] = TenantStory.newKey()
        alone[TestTenant.domains] = []
        let id = try await story.tenants.create(alone, in: scope).id
        let other = try await story.tenants.findByID(
            id, filter: Filter(include: [Inclusion(TestTenant.contacts), Inclusion(TestTenant.lead)]), in: scope)
        #expect(try other.related(TestTenant.contacts) { try $0[Entity.id] }.isEmpty)
        #expect(try other.related(TestTenant.lead) { try $0[Entity.id] }.isEmpty)
    }
}
