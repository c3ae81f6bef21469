extension Entity {
    /// The `filter` of the entity's lists, for documents (contract 4.1); `Filter.parse` is what checks it.
    package var filterSchema: Schema {
        var properties: [Schema.Property] = [
            .init(
                "where",
                Schema.freeObject.described(
                    "Conditions: {property: value}, {property: {operator: value}}, and, or. Operators: eq, neq, gt,"
                        + " gte, lt, lte, between, inq, nin, like, nlike, ilike, nilike, regexp, exists.")),
            .init("fields", Schema.any.described("{property: boolean}, or an array of property names.")),
            .init("order", Schema.any.described("\"property ASC\" or \"property DESC\", or an array of such texts.")),
            .init("limit", .integer(minimum: 1)), .init("skip", .integer(minimum: 0)),
            .init("offset", .integer(minimum: 0)),
        ]
        if !relations.isEmpty {
            let names = relations.map(\.name).joined(separator: ", ")
            properties.append(
                .init(
                    "include",
                    Schema.array(of: .any).described("Names, or {relation, scope: filter}. Relations: \(names).")))
        }
        return .object(properties, name: "\(name)Filter")
    }
}
