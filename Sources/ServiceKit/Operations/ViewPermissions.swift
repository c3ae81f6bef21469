package import Entities

/// Who may see rows of an entity that another entity's rows include: whoever could read them by the operations of
/// their entity.
package struct ViewPermissions: Sendable {
    private let codes: [String: [String]]

    /// - Parameter codes: By the entity's name, the codes of which one is needed. An entity that is missing has no
    ///   operations and is seen together with what includes it.
    package init(_ codes: [String: [String]]) {
        self.codes = codes
    }

    /// Checks every relation that a filter includes, at each level.
    /// - Throws: 403 that names the relation whose entity the caller may not read.
    package func require(
        _ filter: Filter, of entity: Entity, in catalog: EntityCatalog, for identity: Identity
    ) throws(HTTPFailure) {
        guard !filter.includes.isEmpty else { return }
        try require(filter, of: entity, in: catalog, for: identity, path: "")
    }

    private func require(
        _ filter: Filter, of entity: Entity, in catalog: EntityCatalog, for identity: Identity, path: String
    ) throws(HTTPFailure) {
        for inclusion in filter.includes {
            guard let relation = entity.relation(named: inclusion.relation),
                let target = catalog.entity(named: relation.target)
            else { continue }
            let path = "\(path)/include/\(inclusion.relation)"
            guard identity.holdsAny(of: codes[target.name] ?? []) else {
                var failure = HTTPFailure.notAllowed
                failure.details = [
                    ValidationDetail(
                        path: path, code: "permission", message: "needs the permission to view \(target.name)")
                ]
                failure.parameter = "filter"
                throw failure
            }
            try require(inclusion.scope, of: target, in: catalog, for: identity, path: path)
        }
    }
}
