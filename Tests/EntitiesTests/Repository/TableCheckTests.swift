import PostgresClient
import Testing

@testable import Entities

@Suite struct TableCheckTests {
    @Test func `differences between description and table are found`() async throws {
        let pool = try await EntityDatabase.pool()
        let (name, slug) = (Field.string("name"), Field.string("slug"))
        let wrong = Entity(
            "Wrong", table: "plans", tenancy: .shared,
            fields: [
                name, .string("price"), .integer("rank", width: .int16), .boolean("missing"), slug,
                .identifier("ownerId"),
            ], alwaysSet: [name, slug])
        #expect(
            try await EntityCatalog([wrong]).differences(from: pool) == [
                "plans.name holds 100 characters, Wrong.name allows more", "plans.price is numeric, not text",
                "plans.rank is int4, not int2", "plans.missing does not exist",
                "plans.slug may be NULL, Wrong.slug is always set",
            ])
        let nowhere = Entity("Nowhere", table: "nowhere", audit: .none, tenancy: .shared, fields: [])
        #expect(
            try await EntityCatalog([nowhere]).differences(from: pool) == [
                "nowhere.row_version is not a bigint", "nowhere.id does not exist",
            ])
        #expect(
            try await EntityCatalog([
                TestModel.tenant, TestModel.lead, TestModel.contact, TestModel.resource, TestModel.plan,
                TestModel.customer,
            ])
            .differences(from: pool) == [
                "contacts.first_name holds 20 characters, Contact.firstName allows more",
                "resources.type holds 100 characters, Resource.type allows more",
                "resources.external_identifier holds 200 characters, Resource.externalIdentifier allows more",
                "customers.tenant_id holds 255 characters, Customer.tenantId allows more",
                "customers.customer_id holds 255 characters, Customer.customerId allows more",
            ])
    }
}
