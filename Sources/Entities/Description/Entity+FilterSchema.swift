extension Entity {
    /// The `where` of the entity's lists, for documents (contract 4.2); `Where.parse` is what checks it.
    package var conditionSchema: Schema {
        let nested = Schema.array(of: .freeObject)
        let members =
            properties.filter { $0.access != .hidden }.map { field in
                Schema.Property(field.name, Schema.any.described("A value, or {operator: operand}."))
            } + [
                .init("and", nested.described("All conditions must hold.")),
                .init("or", nested.described("At least one of the conditions must hold.")),
            ]
        return .object(members, name: "\(name)Condition").described(
            "{property: value}, {property: {operator: operand}}, and, or. Operators: eq, neq, gt, gte, lt, lte, between,"
                + " inq, nin, like, nlike, ilike, nilike, regexp, exists. All of them must hold.")
    }

    /// The `filter` of the entity's lists, for documents; `Filter.parse` is what checks it. A member that is null counts as
    /// absent.
    package var filterSchema: Schema {
        .object(
            [
                .init("where", conditionSchema.nullable()), Self.fieldSelection,
                .init(
                    "order", Schema.any.described("\"property ASC\" or \"property DESC\", or an array of such texts.")),
                .init("limit", Schema.integer(minimum: 1).nullable()),
                .init("skip", Schema.integer(minimum: 0).nullable()),
                .init("offset", Schema.integer(minimum: 0).nullable()),
            ] + relationSelection, name: "\(name)Filter")
    }

    /// The `filter` of single rows: there is nothing to choose by conditions.
    package var singleFilterSchema: Schema { filterSchema.omitting("where").named("\(name)SingleFilter") }

    private static let fieldSelection = Schema.Property(
        "fields", Schema.any.described("{property: boolean}, or an array of property names."))

    private var relationSelection: [Schema.Property] {
        guard !relations.isEmpty else { return [] }
        let names = relations.map(\.name).joined(separator: ", ")
        return [
            .init(
                "include",
                Schema.array(of: .any).nullable()
                    .described("Names, or {relation, scope: filter}. Relations: \(names)."))
        ]
    }
}
