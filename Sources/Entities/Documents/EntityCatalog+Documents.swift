extension EntityCatalog {
    /// Every component that the entities' documents need, by name.
    package var namedSchemas: [(name: String, schema: Schema)] {
        var schemas: [String: Schema] = [:]
        for entity in entities {
            for schema in [
                entity.newSchema, entity.replacementSchema, entity.partialSchema, entity.schema,
                entity.schemaWithRelations.named(EntitySchemas.referenceName(entity.name)),
                // Filters refer to the scopes of the relations that they include.
                entity.filterSchema(), entity.scopeSchema,
            ] {
                schema.collectNamed(into: &schemas)
            }
            for field in entity.properties where field.access != .hidden && field.type != .json {
                OperandDocument(type: field.type).component.collectNamed(into: &schemas)
            }
        }
        return schemas.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
