import Testing

@testable import Entities

@Suite struct EntityCatalogTests {
    private func entity(
        _ name: String = "A", table: String = "a", fields: [any EntityField] = [], relations: [Relation] = [],
        tenancy: Tenancy = .shared
    ) -> Entity {
        Entity(name, table: table, tenancy: tenancy, fields: fields, relations: relations)
    }

    @Test func `mistakes in descriptions are found at startup`() throws {
        #expect(throws: EntityCatalogError.duplicateEntity("A")) { try EntityCatalog([entity(), entity()]) }
        #expect(throws: EntityCatalogError.duplicateProperty(entity: "A", name: "id")) {
            try EntityCatalog([entity(fields: [.string("id")])])
        }
        #expect(throws: EntityCatalogError.unknownEntity(entity: "A", relation: "b")) {
            try EntityCatalog([entity(relations: [.belongsTo("b", "B", by: Entity.id)])])
        }
        #expect(throws: EntityCatalogError.unknownField(entity: "A", field: "bId")) {
            try EntityCatalog([entity(relations: [.belongsTo("b", "A", by: Field.identifier("bId"))])])
        }
        #expect(throws: EntityCatalogError.unknownField(entity: "A", field: "aId")) {
            try EntityCatalog([entity(relations: [.hasMany("b", "A", by: Field.identifier("aId"))])])
        }
        #expect(throws: EntityCatalogError.unknownField(entity: "A", field: "tenantId")) {
            try EntityCatalog([entity(tenancy: .column(Field.identifier("tenantId")))])
        }
        #expect(throws: EntityCatalogError.invalidName(entity: "A", name: "a\"; DROP")) {
            try EntityCatalog([entity(table: "a\"; DROP")])
        }
    }

    @Test func `columns are derived from names`() {
        #expect(TestModel.resource.field(named: "externalIdentifier")?.column == "external_identifier")
        #expect(TestModel.contact.field(named: "type")?.column == "contact_type")
        #expect(TestModel.contact.field(named: "deletedBy")?.column == "deleted_by")
    }

    @Test func `properties have the order of the contract`() {
        #expect(
            TestModel.contact.properties.map(\.name) == [
                "deleted", "deletedOn", "deletedBy", "createdOn", "modifiedOn", "createdBy", "modifiedBy", "id",
                "firstName", "isPrimary", "type", "tenantId",
            ])
    }
}
