/// What is wrong with a description; found at start, never at run time.
package enum EntityCatalogError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Two entities of one name.
    case duplicateEntity(String)
    /// Two fields or relations of one name.
    case duplicateProperty(entity: String, name: String)
    /// A relation to an entity that is not in the catalog.
    case unknownEntity(entity: String, relation: String)
    /// A relation or tenancy over a field that does not exist.
    case unknownField(entity: String, field: String)
    /// A name that is not made of letters, digits and underscores.
    case invalidName(entity: String, name: String)

    package var description: String {
        switch self {
        case .duplicateEntity(let name): "entity \(name) is described twice"
        case .duplicateProperty(let entity, let name): "\(entity).\(name) is described twice"
        case .unknownEntity(let entity, let relation): "\(entity).\(relation) names an entity that does not exist"
        case .unknownField(let entity, let field): "\(entity) has no field \(field)"
        case .invalidName(let entity, let name): "\(entity): \"\(name)\" cannot be a name"
        }
    }
}

/// The entities of one service, their relations resolved.
package final class EntityCatalog: Sendable {
    /// The entities in the order given.
    package let entities: [Entity]
    private let byName: [String: Entity]

    /// Checks the descriptions against each other.
    package init(_ entities: [Entity]) throws(EntityCatalogError) {
        var byName: [String: Entity] = [:]
        for entity in entities {
            if byName.updateValue(entity, forKey: entity.name) != nil { throw .duplicateEntity(entity.name) }
        }
        for entity in entities {
            try Self.check(entity, byName)
        }
        self.entities = entities
        self.byName = byName
    }

    private static func check(_ entity: Entity, _ byName: [String: Entity]) throws(EntityCatalogError) {
        var names: Set<String> = []
        for name in entity.properties.map(\.name) + entity.relations.map(\.name)
        where !names.insert(name).inserted {
            throw .duplicateProperty(entity: entity.name, name: name)
        }
        for name in [entity.table] + entity.properties.flatMap({ [$0.name, $0.column] }) + Array(names)
        where !isName(name) {
            throw .invalidName(entity: entity.name, name: name)
        }
        if case .column(let field) = entity.tenancy, entity.field(named: field) == nil {
            throw .unknownField(entity: entity.name, field: field)
        }
        for field in entity.uniqueKeys.flatMap(\.fields) + entity.rules.flatMap({ $0.violations.map(\.field) })
        where entity.field(named: field) == nil {
            throw .unknownField(entity: entity.name, field: field)
        }
        for relation in entity.relations {
            guard let target = byName[relation.target] else {
                throw .unknownEntity(entity: entity.name, relation: relation.name)
            }
            guard entity.field(named: relation.sourceField) != nil else {
                throw .unknownField(entity: entity.name, field: relation.sourceField)
            }
            guard target.field(named: relation.targetField) != nil else {
                throw .unknownField(entity: target.name, field: relation.targetField)
            }
        }
    }

    /// Names go into SQL between double quotes, and as JSON keys without escapes.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 63
            && name.utf8.allSatisfy {
                $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
            }
    }

    /// The entity of that name.
    package func entity(named name: String) -> Entity? { byName[name] }

    /// The entity on the other side of a relation; nil only for a relation from another catalog.
    func target(of relation: Relation) -> Entity? { byName[relation.target] }
}
