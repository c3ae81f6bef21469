import JSONCoding
import PostgresClient
import Primitives
import Testing

@testable import Entities

/// Relations in one statement, at any depth.
@Suite struct IncludeTests {
    private let story: TenantStory

    init() async throws {
        story = try await TenantStory()
    }

    private func find(_ json: String, in scope: TenantScope = .system) async throws -> JSONValue {
        var filter = try Filter.parse(json: json, for: TestModel.tenant, in: story.tenants.catalog)
        filter.condition = filter.condition.and(.equals("id", .identifier(story.id)))
        return try JSONValue.parse(try await story.tenants.find(filter, in: scope).json)[0] ?? nil
    }

    @Test func `related rows have the format of their own reads`() async throws {
        let tenant = try await find(#"{"include": ["contacts", "resources", "lead", "customer"]}"#)
        let contacts = try await story.contacts.find(
            Filter(where: .equals("tenantId", .identifier(story.id))), in: .system)
        #expect(tenant["contacts"] == (try JSONValue.parse(contacts.json)))
        let resources = try await story.resources.find(
            Filter(where: .equals("tenantId", .identifier(story.id))), in: .system)
        #expect(tenant["resources"] == (try JSONValue.parse(resources.json)))
        let lead = try await story.leads.findByID(story.leadID, in: .system)
        #expect(tenant["lead"] == (try JSONValue.parse(lead.json)))
        #expect(tenant["customer"]?["customerId"] == "cus_1", "keys of different types are joined")
        #expect(tenant.objectValue?.keys.suffix(4) == ["contacts", "resources", "lead", "customer"])
    }

    @Test func `every type looks the same when included`() async throws {
        let values: [String: JSONValue] = [
            "deletedOn": nil, "metadata": ["n": 1.50, "t": "\u{1}\"\\/ä😀", "z": nil], "type": "bucket",
        ]
        let tenant = try await find(#"{"include": ["resources"]}"#)
        for (name, value) in values { #expect(tenant["resources"]?[0]?[name] == value, "\(name)") }
    }

    @Test func `a relation without rows is absent`() async throws {
        let empty = try await story.create(
            TestModel.tenant, ["name": "E", "status": 0, "key": .string(TenantStory.newKey()), "domains": []])
        let record = try await story.tenants.findByID(
            empty, filter: Filter(include: ["contacts", "lead", "customer"].map { Inclusion($0) }), in: .system)
        #expect(try JSONValue.parse(record.json).objectValue?.keys.last == "leadId")
        #expect(try record.related(TestTenant.contacts) { try $0[Entity.id] }.isEmpty)
    }

    @Test func `scopes narrow each level`() async throws {
        let tenant = try await find(
            """
            {"fields": ["name"], "include": [{"relation": "contacts", "scope": {"where": {"isPrimary": false},
             "fields": ["firstName"], "order": "firstName DESC", "limit": 2, "skip": 1}}]}
            """)
        #expect(tenant["contacts"] == [["firstName": "C"], ["firstName": "B"]])
        #expect(tenant.objectValue?.keys == ["name", "contacts"])
    }

    /// Of several rows the oldest is the one, unless the scope says which.
    @Test func `scopes choose the one row of a relation`() async throws {
        _ = try await story.create(
            TestModel.customer, ["tenantId": .identifier(story.id), "customerId": "cus_2"])
        func one(_ scope: String) async throws -> JSONValue? {
            try await find("{\"include\": [{\"relation\": \"customer\", \"scope\": \(scope)}]}")["customer"]?[
                "customerId"]
        }
        let all = try await story.customers.find(
            Filter(where: .equals("tenantId", .text(story.id.description))), in: .system
        ).map { JSONValue.string(try $0.text("customerId")) }
        #expect(try await one("{}") == all.first)
        #expect(try await one(#"{"order": "customerId DESC"}"#) == "cus_2")
        #expect(try await one(#"{"skip": 1}"#) == all.last)
        #expect(try await one(#"{"order": "customerId", "skip": 2}"#) == nil)
        #expect(try await find(#"{"include": [{"relation": "lead", "scope": {"skip": 1}}]}"#)["lead"] == nil)
    }

    @Test func `limits count per parent`() async throws {
        let other = try await TenantStory()
        let filter = try Filter.parse(
            json:
                #"{"order": "id", "include": [{"relation": "contacts", "scope": {"limit": 1, "order": "firstName"}}]}"#,
            for: TestModel.tenant, in: story.tenants.catalog)
        var both = filter
        both.condition = .oneOf("id", [.identifier(story.id), .identifier(other.id)])
        let json = try JSONValue.parse(try await story.tenants.find(both, in: .system).json)
        #expect(json.arrayValue?.map { $0["contacts"]?.arrayValue?.count } == [1, 1])
        #expect(json[0]?["contacts"]?[0]?["tenantId"] == json[0]?["id"])
    }

    /// Four tables deep, and one round trip: one statement is all there is to send.
    @Test func `includes nest to any depth in one statement`() async throws {
        let filter = try Filter.parse(
            json: """
                {"where": {"id": "\(story.id)"}, "include": [{"relation": "contacts", "scope": {"limit": 1,
                 "order": "firstName", "include": [{"relation": "tenant", "scope": {"fields": {"id": true},
                 "include": [{"relation": "lead", "scope": {"include": ["tenant"]}}]}}]}}]}
                """, for: TestModel.tenant, in: story.tenants.catalog)
        let select = try story.tenants.selectStatement(filter, in: .system)
        let result = try await story.tenants.pool.query(
            select.statement, settings: TenantScope.system.settings)
        let json = try JSONValue.parse(story.tenants.records(result, select.projection).json)
        let tenant = json[0]?["contacts"]?[0]?["tenant"]
        #expect(tenant?.objectValue?.keys == ["id", "lead"])
        #expect(tenant?["lead"]?["id"] == .identifier(story.leadID))
        #expect(tenant?["lead"]?["tenant"]?["id"] == .identifier(story.id))
    }

    @Test func `relations have the order of the entity`() async throws {
        let one = try await find(#"{"include": ["lead", "contacts"]}"#)
        #expect(one.objectValue?.keys.suffix(2) == ["contacts", "lead"])
        #expect(try await find(#"{"include": ["contacts", "lead"]}"#) == one)
    }

    @Test func `excluding every property leaves the relations`() async throws {
        let names = TestModel.contact.properties.map { "\"\($0.name)\": false" }.joined(separator: ",")
        let tenant = try await find(
            """
            {"include": [{"relation": "contacts", "scope": {"limit": 1, "fields": {\(names)}, "include": ["tenant"]}},
             {"relation": "resources", "scope": {"fields": {"deleted": false, "deletedOn": false, "deletedBy": false,
             "createdOn": false, "modifiedOn": false, "createdBy": false, "modifiedBy": false, "id": false,
             "type": false, "metadata": false, "externalIdentifier": false, "tenantId": false}}}]}
            """)
        #expect(tenant["contacts"]?[0]?.objectValue?.keys == ["tenant"])
        #expect(tenant["resources"] == [[:]])
    }

    @Test func `deleted rows are not included`() async throws {
        let first = try #require(
            try await story.contacts.find(
                Filter(where: .equals("tenantId", .identifier(story.id))), in: .system
            ).first)
        _ = try await story.contacts.deleteByID(try first.id, in: .system)
        _ = try await story.leads.deleteByID(story.leadID, in: .system)
        let tenant = try await find(#"{"include": ["contacts", "lead"]}"#)
        #expect(tenant["contacts"]?.arrayValue?.count == 3)
        #expect(tenant["lead"] == nil)
    }
}
