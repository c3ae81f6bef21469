import Entities
import JSONCoding
import Testing

@Suite struct SchemaDocumentTests {
    private func document(_ schema: Schema) throws -> JSONValue {
        var writer = JSONWriter()
        schema.writeDefinition(to: &writer)
        return try JSONValue.parse(writer.bytes)
    }

    private func references(in value: JSONValue) -> [String] {
        switch value {
        case .array(let items): items.flatMap { references(in: $0) }
        case .object(let object):
            object.flatMap { key, member in
                key == "$ref" ? [String((member.stringValue ?? "").dropFirst(21))] : references(in: member)
            }
        default: []
        }
    }

    @Test func `schemas are written as OpenAPI`() throws {
        let schema = Schema.object([
            .init("key", Schema.string(maxLength: 10, pattern: .lowercaseAlphanumeric).example("acme"), required: true),
            .init("status", Schema.integer(oneOf: [0, 1]).defaulting(0).described("State.")),
            .init("deletedOn", Schema.string(format: .dateTime).nullable()),
            .init("tags", .array(of: .string(), uniqueItems: true, maxItems: 3)),
            .init("inner", .object([.init("x", .any)], name: "Inner")),
            .init("other", .reference("Other")),
            .init("free", .freeObject),
        ])
        let expected: JSONValue = [
            "type": "object",
            "properties": [
                "key": ["type": "string", "maxLength": 10, "pattern": "^[a-z0-9]+$", "examples": ["acme"]],
                "status": ["type": "integer", "enum": [0, 1], "description": "State.", "default": 0],
                "deletedOn": ["type": ["string", "null"], "format": "date-time"],
                "tags": [
                    "type": "array", "items": ["type": "string", "pattern": "^[^\\u0000]*$"], "maxItems": 3,
                    "uniqueItems": true,
                ],
                "inner": ["$ref": "#/components/schemas/Inner"],
                "other": ["$ref": "#/components/schemas/Other"],
                "free": ["type": "object", "additionalProperties": [:]],
            ],
            "required": ["key"],
            "additionalProperties": false,
        ]
        #expect(try document(schema) == expected)
    }

    @Test func `named schemas are collected at every depth`() {
        let inner = Schema.object([.init("x", .any)], name: "Inner")
        let outer = Schema.object([.init("list", .array(of: inner))], name: "Outer")
        var found: [String: Schema] = [:]
        Schema.array(of: outer).collectNamed(into: &found)
        #expect(found == ["Inner": inner, "Outer": outer])
    }

    @Test func `a catalog documents every reference`() throws {
        let schemas = try EntityCatalog(TestModel.all).namedSchemas
        let hasReferences = schemas.contains { schema in
            ((try? document(schema.schema)).map { !references(in: $0).isEmpty }) ?? false
        }
        #expect(hasReferences)
        let names = Set(schemas.map(\.name))
        #expect(
            names.isSuperset(of: ["Tenant", "NewTenant", "TenantPartial", "TenantReplacement", "TagWithRelations"]))
        for schema in schemas {
            for name in references(in: try document(schema.schema)) {
                #expect(names.contains(name), "\(schema.name) refers to \(name)")
            }
        }
    }

    @Test func `entity schemas follow the contract`() {
        let new = TestModel.tenant.newSchema
        let body: JSONValue = ["name": "A", "status": 0, "key": "a", "domains": []]
        #expect(new.validate(body).isEmpty)
        #expect(new.validate(["id": "x"]).contains { $0.code == "additionalProperties" })
        #expect(new.validate([:]).map(\.info).count == 4)
        // The audit block may be sent, must be well-formed, and is otherwise ignored.
        var audited = body.objectValue ?? [:]
        audited["deleted"] = true
        audited["createdBy"] = "somebody"
        #expect(new.validate(.object(audited)).isEmpty)
        audited["createdOn"] = "never"
        #expect(new.validate(.object(audited)).map(\.path) == ["/createdOn"])

        #expect(TestModel.tenant.partialSchema.validate([:]).isEmpty)
        #expect(TestModel.tenant.partialSchema.validate(["status": 7]).map(\.code) == ["enum"])
        #expect(TestModel.tenant.replacementSchema.validate([:]).map(\.code) == Array(repeating: "required", count: 4))
        #expect(TestModel.plan.partialSchema.validate(["slug": "x"]).map(\.code) == ["additionalProperties"])
        #expect(TestModel.plan.partialSchema.validate(["rank": 3_000_000_000]).map(\.code) == ["maximum"])
        #expect(TestModel.currency.newSchema.validate(["currencyCode": "USD", "deleted": true]).count == 1)
    }

    @Test func `request schemas can be derived from entities`() {
        let schema = TestModel.tenant.newSchema.omitting("status", "leadId")
            .adding(.init("contact", TestModel.contact.newSchema), .init("name", .integer()))
            .requiring("contact").named("Onboarding")
        #expect(schema.name == "Onboarding")
        #expect(
            schema.validate(["status": 1, "name": 1, "key": "a", "domains": []]).map(\.code) == [
                "required", "additionalProperties",
            ])
        #expect(schema.optional().validate([:]).isEmpty)
    }
}
