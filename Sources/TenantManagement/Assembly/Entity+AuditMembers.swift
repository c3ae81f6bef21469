import Entities

extension Entity {
    /// The audit fields as members of a request that has a schema of its own: accepted and ignored, as in every other
    /// request (contract 15).
    var auditMembers: [Schema.Property] {
        let own = Set(fields.map(\.name))
        return newSchema.properties.filter { !own.contains($0.name) }
    }
}
