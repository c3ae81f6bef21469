import JSONCoding

extension Entity {
    /// The `where` of the entity's lists, for documents; `Where.parse` is what checks it.
    package var conditionSchema: Schema {
        let nested = Schema.array(of: .reference("\(name)Condition"), maxItems: QueryLimits().maximumConditions)
        let members =
            shownProperties.map { field in
                Schema.Property(
                    field.name,
                    Schema.any.described("A value, or {operator: operand}.")
                        .documented(OperandDocument(field: field).keywords))
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
    package func filterSchema(_ limits: QueryLimits = QueryLimits()) -> Schema {
        let maximum = limits.maximumLimit > 0 ? limits.maximumLimit : QueryLimits.maximumSkip
        return .object(
            [
                .init("where", conditionSchema.nullable()), fieldSelection, orderSelection,
                .init("limit", Schema.integer(minimum: 1, maximum: maximum).nullable()),
                .init("skip", Schema.integer(minimum: 0, maximum: QueryLimits.maximumSkip).nullable()),
                .init("offset", Schema.integer(minimum: 0, maximum: QueryLimits.maximumSkip).nullable()),
            ] + relationSelection, name: "\(name)Filter")
    }

    /// The `filter` of single rows: there is nothing to choose by conditions.
    package func singleFilterSchema(_ limits: QueryLimits = QueryLimits()) -> Schema {
        filterSchema(limits).omitting("where").named("\(name)SingleFilter")
    }

    private var shownProperties: [FieldDefinition] { properties.filter { $0.access != .hidden } }

    private var fieldSelection: Schema.Property {
        let names = shownProperties.map { JSONValue.string($0.name) }
        return .init(
            "fields",
            Schema.any.described("{property: boolean}, or an array of property names.").documented([
                "if": ["type": "array"], "then": ["items": ["enum": .array(names)]],
                "else": [
                    "type": ["object", "null"], "propertyNames": ["enum": .array(names)],
                    "patternProperties": ["": ["type": ["boolean", "null"]]],
                ],
            ]))
    }

    private var orderSelection: Schema.Property {
        let key = "(\(shownProperties.map(\.name).joined(separator: "|")))( (ASC|DESC|asc|desc))?"
        let text: JSONObject = ["type": "string", "pattern": .string("^(\(key)(,\(key))*)?$")]
        return .init(
            "order",
            Schema.any.described("\"property ASC\" or \"property DESC\", or an array of such texts.").documented([
                "if": ["type": "array"], "then": ["items": .object(text)],
                "else": ["anyOf": [.object(text), ["type": "null"]]],
            ]))
    }

    private var relationSelection: [Schema.Property] {
        guard !relations.isEmpty else { return [] }
        let names = relations.map(\.name)
        let inclusions = relations.map { relation -> JSONValue in
            let scope: JSONValue = ["$ref": .string("#/components/schemas/\(relation.target)Filter")]
            return [
                "type": "object", "required": ["relation"], "propertyNames": ["enum": ["relation", "scope"]],
                "patternProperties": [
                    "^relation$": ["const": .string(relation.name)], "^scope$": ["anyOf": [scope, ["type": "null"]]],
                ],
            ]
        }
        let item = Schema.any.documented([
            "if": ["type": "object"], "then": ["anyOf": .array(inclusions)],
            "else": ["enum": .array(names.map { .string($0) })],
        ])
        return [
            .init(
                "include",
                Schema.array(of: item, maxItems: QueryLimits().maximumIncludes).nullable()
                    .described("Names, or {relation, scope: filter}. Relations: \(names.joined(separator: ", "))."))
        ]
    }
}
