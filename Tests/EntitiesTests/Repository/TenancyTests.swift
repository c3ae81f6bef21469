import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// A tenant's user sees and changes what is his tenant's, whatever he asks for.
@Suite struct TenancyTests {
    private let mine: TenantStory
    private let other: TenantStory

    init() async throws {
        mine = try await TenantStory()
        other = try await TenantStory()
    }

    @Test func `lists contain own rows only`() async throws {
        #expect(try await mine.tenants.find(in: mine.scope).map { try $0.id } == [mine.id])
        #expect(try await mine.contacts.count(in: mine.scope) == 4)
        #expect(try await mine.resources.count(in: mine.scope) == 1)
        #expect(try await mine.customers.count(in: mine.scope) == 1)
        #expect(try await mine.leads.find(in: mine.scope).map { try $0.id } == [mine.leadID])
        let tags = try await EntityDatabase.repository(TestModel.tag)
        #expect(try await tags.count(in: mine.scope) == 0)
    }

    @Test func `conditions cannot reach rows of other tenants`() async throws {
        for json in [
            #"{"or": [{"tenantId": "\#(other.id)"}, {"firstName": {"like": "%"}}]}"#,
            #"{"tenantId": {"inq": ["\#(other.id)", "\#(mine.id)"]}}"#, #"{"or": [{}]}"#,
            #"{"tenantId": {"neq": null}}"#,
        ] {
            let condition = try Where.parse(json: json, for: TestModel.contact)
            #expect(try await mine.contacts.count(condition, in: mine.scope) == 4, "\(json)")
        }
        #expect(try await mine.contacts.count(.equals("tenantId", .identifier(other.id)), in: mine.scope) == 0)
    }

    @Test func `rows of other tenants are not found`() async throws {
        let missing = RepositoryError.notFound(entity: "Tenant", table: "tenants", id: other.id.description)
        let changes = try FieldValues(TestModel.tenant, json: ["name": "stolen"])
        await #expect(throws: missing) { try await mine.tenants.findByID(other.id, in: mine.scope) }
        await #expect(throws: missing) {
            try await mine.tenants.findByID(other.id, filter: Filter(include: [Inclusion("contacts")]), in: mine.scope)
        }
        await #expect(throws: missing) { try await mine.tenants.updateByID(other.id, changes, in: mine.scope) }
        await #expect(throws: missing) {
            try await mine.tenants.updateByID(other.id, changes, in: mine.scope, ifVersion: 1)
        }
        await #expect(throws: missing) { try await mine.tenants.deleteByID(other.id, in: mine.scope) }
        #expect(try await mine.tenants.updateAll(changes, where: .everything, in: mine.scope).map(\.id) == [mine.id])
        #expect(try await other.tenants.findByID(other.id, in: .system).text("name") == "Acme")
    }

    @Test func `includes stay within the tenant`() async throws {
        // A row of mine that points at a stranger: operators can make such things.
        let contact = try await mine.create(
            TestModel.tenant,
            [
                "name": "X", "status": 0, "key": .string(TenantStory.newKey()), "domains": [],
                "leadId": .identifier(mine.leadID),
            ])
        let filter = Filter(include: [Inclusion("tenant")])
        let operators = try await mine.leads.findByID(mine.leadID, filter: filter, in: .system)
        #expect(try JSONValue.parse(operators.json)["tenant"] != nil)
        let scope = TenantScope.tenant(contact, actor: .system)
        let own = try JSONValue.parse(try await mine.leads.findByID(mine.leadID, filter: filter, in: scope).json)
        #expect(own["tenant"]?["id"] == .identifier(contact))
        let deep = Filter(include: [Inclusion("tenant", scope: Filter(include: [Inclusion("contacts")]))])
        #expect(
            try JSONValue.parse(try await mine.leads.findByID(mine.leadID, filter: deep, in: scope).json)["tenant"]?[
                "contacts"] == nil)
    }

    @Test func `new rows belong to the tenant that creates them`() async throws {
        let id = try await mine.create(TestModel.contact, ["firstName": "N", "isPrimary": false], in: mine.scope)
        #expect(try await mine.contacts.findByID(id, in: .system).identifier("tenantId") == mine.id)
        let explicit = try await mine.create(
            TestModel.customer, ["tenantId": .identifier(mine.id), "customerId": "c"], in: mine.scope)
        #expect(try await mine.customers.findByID(explicit, in: mine.scope).text("tenantId") == mine.id.description)
        let foreign = RepositoryError.relatedNotFound(
            detail: "Key (tenant_id)=(\(other.id)) is not present in table \"tenants\".")
        await #expect(throws: foreign) {
            try await mine.create(
                TestModel.contact, ["firstName": "N", "isPrimary": false, "tenantId": .identifier(other.id)],
                in: mine.scope)
        }
        await #expect(throws: foreign) {
            try await mine.contacts.updateByID(
                id, try FieldValues(TestModel.contact, json: ["tenantId": .identifier(other.id)]), in: mine.scope)
        }
        let replaced = try await mine.contacts.replaceByID(
            id, try FieldValues(TestModel.contact, json: ["firstName": "R", "isPrimary": true]), in: mine.scope)
        #expect(try replaced.identifier("tenantId") == mine.id)
        #expect(try replaced.text("type") == "person", "the column's default")
    }

    @Test func `tenants create no tenants`() async throws {
        await #expect(throws: RepositoryError.forbidden) {
            try await mine.create(
                TestModel.tenant, ["name": "T", "status": 0, "key": "t1", "domains": []], in: mine.scope)
        }
        await #expect(throws: RepositoryError.forbidden) {
            try await mine.create(TestModel.tag, ["label": "x"], in: mine.scope)
        }
    }

    /// The second wall: the policies alone keep tenants apart, and without a setting there are no rows.
    @Test func `row-level security holds by itself`() async throws {
        let everything: PostgresStatement = "SELECT count(*) FROM main.contacts"
        let pool = mine.contacts.pool
        #expect(try await pool.query(everything)[0].int(0) == 0)
        #expect(try await pool.query(everything, settings: mine.scope.settings)[0].int(0) == 4)
        #expect(try await pool.query(everything, settings: TenantScope.system.settings)[0].int(0) >= 8)
        let forged = try mine.contacts.insertStatement(
            try FieldValues(
                TestModel.contact, json: ["firstName": "F", "isPrimary": false, "tenantId": .identifier(other.id)]),
            in: .system)
        do {
            _ = try await pool.query(forged, settings: mine.scope.settings)
            Issue.record("the policy must refuse the row")
        } catch {
            #expect(RepositoryError.from(error, entity: TestModel.contact) == .forbidden)
        }
    }
}
