import JSONCoding
import Primitives
import Testing

@testable import Entities
@testable import PostgresClient

/// What the database refuses, in the words of docs/contract/arc-api.md 2.3.
@Suite struct DatabaseErrorTests {
    private let story: TenantStory

    init() async throws {
        story = try await TenantStory()
    }

    @Test func `unique violations are conflicts`() async throws {
        let key = TenantStory.newKey()
        let body: JSONObject = ["name": "U", "status": 0, "key": .string(key), "domains": []]
        _ = try await story.create(TestModel.tenant, body)
        await #expect(throws: RepositoryError.conflict(detail: "Key (key)=(\(key)) already exists.")) {
            try await story.create(TestModel.tenant, body)
        }
    }

    @Test func `conflicts over several fields name them all`() async throws {
        let body: JSONObject = [
            "type": "t", "metadata": [:], "externalIdentifier": "x", "tenantId": .identifier(story.id),
        ]
        await #expect(
            throws: RepositoryError.conflict(
                detail: "Key (external_identifier, tenant_id)=(x, \(story.id)) already exists.")
        ) {
            try await story.create(TestModel.resource, body)
        }
    }

    @Test func `a duplicate id is named`() async throws {
        await #expect(throws: RepositoryError.conflict(detail: "Key (id)=(\(story.id)) already exists.")) {
            var values = try FieldValues(
                TestModel.tenant, json: ["name": "T", "status": 0, "key": .string(TenantStory.newKey()), "domains": []])
            values.identifier = story.id
            return try await story.tenants.create(values, in: .system)
        }
    }

    @Test func `rows that others refer to cannot be deleted`() async throws {
        do {
            _ = try await story.tenants.pool.query(
                "DELETE FROM main.tenants WHERE id = $1", [.identifier(story.id)], settings: TenantScope.system.settings
            )
            Issue.record("the contacts refer to it")
        } catch {
            guard case .stillReferenced(let detail) = RepositoryError.from(error, entity: TestModel.tenant) else {
                Issue.record("\(error)")
                return
            }
            #expect(detail.hasSuffix(" is still referenced from table \"contacts\"."), "\(detail)")
        }
    }

    /// What a server says in another language is not for clients.
    @Test func `messages do not depend on the server's language`() throws {
        let id = Identifier.v4()
        func error(_ state: SQLState, _ detail: String, table: String, constraint: String) -> PostgresError {
            PostgresError(
                sqlState: state,
                fields: ServerFields(
                    sqlState: state, message: "Nachricht", detail: detail, table: table, constraint: constraint))
        }
        let missing = error(
            "23503", "Schlüssel (tenant_id)=(\(id)) ist nicht in Tabelle »tenants« vorhanden.", table: "contacts",
            constraint: "contacts_tenant_id_fkey")
        let values = try FieldValues(
            TestModel.contact, json: ["firstName": "x", "isPrimary": true, "tenantId": .identifier(id)])
        #expect(
            RepositoryError.from(missing, entity: TestModel.contact, values: values, catalog: story.tenants.catalog)
                == .relatedNotFound(detail: "Key (tenant_id)=(\(id)) is not present in table \"tenants\"."))
        #expect(
            RepositoryError.from(missing, entity: TestModel.contact)
                == .relatedNotFound(detail: "Key is not present in another table."))
        #expect(
            RepositoryError.from(missing, entity: TestModel.tenant)
                == .stillReferenced(detail: "Key is still referenced from table \"contacts\"."))
        let taken = error(
            "23505", "Schlüssel »(key)=(geheim)« existiert bereits.", table: "tenants", constraint: "idx_tenant_key")
        #expect(
            RepositoryError.from(taken, entity: TestModel.tenant) == .conflict(detail: "Such a row already exists."))
        let tenant = try FieldValues(TestModel.tenant, json: ["key": "abc"])
        #expect(
            RepositoryError.from(taken, entity: TestModel.tenant, values: tenant)
                == .conflict(detail: "Key (key)=(abc) already exists."))
    }

    @Test func `foreign keys name what is missing`() async throws {
        let id = Identifier.v4()
        await #expect(
            throws: RepositoryError.relatedNotFound(
                detail: "Key (tenant_id)=(\(id)) is not present in table \"tenants\".")
        ) {
            try await story.create(
                TestModel.contact, ["firstName": "x", "isPrimary": true, "tenantId": .identifier(id)])
        }
    }

    @Test func `missing and unfit values name the field`() async throws {
        await #expect(throws: RepositoryError.invalid(field: "tenantId", reason: .required)) {
            try await story.create(TestModel.contact, ["firstName": "x", "isPrimary": true])
        }
        // The schema of firstName allows more than the column does.
        let long = JSONValue.string(String(repeating: "x", count: 21))
        await #expect(throws: RepositoryError.invalid(field: nil, reason: .tooLong)) {
            try await story.create(
                TestModel.contact, ["firstName": long, "isPrimary": true, "tenantId": .identifier(story.id)])
        }
        await #expect(throws: RepositoryError.invalid(field: nil, reason: .outOfRange)) {
            try await story.create(TestModel.plan, ["name": "x", "price": 1e12])
        }
        await #expect(throws: RepositoryError.invalid(field: nil, reason: .rejected)) {
            try await story.create(TestModel.plan, ["name": "x", "price": -1])
        }
        await #expect(throws: RepositoryError.invalid(field: "ownerId", reason: .malformed)) {
            try await story.create(TestModel.plan, ["name": "x", "ownerId": "nobody"])
        }
        await #expect(throws: RepositoryError.invalid(field: "name", reason: .required)) {
            try await story.tenants.replaceByID(
                story.id, try FieldValues(TestModel.tenant, json: ["key": "k"]), in: .system)
        }
    }

    @Test func `a statement that was canceled with its task has not run out of time`() {
        let error = PostgresError(
            sqlState: .queryCanceled, fields: ServerFields(sqlState: .queryCanceled, message: nil))
        #expect(RepositoryError.from(error, entity: nil) == .timeout)
        #expect(RepositoryError.from(error.asCancellation(), entity: nil) == .cancelled)
    }

    @Test func `an unreachable database is reported as unavailable`() async throws {
        let repository = EntityRepository(
            pool: SelectStatements.unreachablePool, entity: TestModel.plan, catalog: story.tenants.catalog)
        await #expect(throws: RepositoryError.unavailable) { try await repository.count(in: .system) }
    }
}
