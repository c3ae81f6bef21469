import JSONCoding

extension Entity {
    /// The `where` of the entity's lists, for documents; `Where.parse` is what checks it.
    ///
    /// Operands are described once for each type, by patterns of names, and not in every property: generators of clients
    /// see properties that take any value, and tools that enumerate a schema (schemathesis) see a few operands.
    package var conditionSchema: Schema {
        let nested = Schema.array(of: .reference("\(name)Condition"), maxItems: QueryLimits().maximumConditions)
        let members =
            shownProperties.map { field in
                Schema.Property(field.name, Schema.any.described("A value, or {operator: operand}."))
            } + [
                .init("and", nested.described("All conditions must hold.")),
                .init("or", nested.described("At least one of the conditions must hold.")),
            ]
        return .object(members, name: "\(name)Condition").documented(["patternProperties": .object(operands)])
            .described(
                "{property: value}, {property: {operator: operand}}, and, or. Operators: eq, neq, gt, gte, lt, lte,"
                    + " between, inq, nin, like, nlike, ilike, nilike, regexp, exists. All of them must hold.")
    }

    /// What the properties of each type are compared with.
    private var operands: JSONObject {
        let groups = Dictionary(grouping: shownProperties) { OperandDocument(type: $0.type).name }
        return JSONObject(
            groups.sorted { $0.key < $1.key }.map { _, fields in
                let names = fields.map(\.name).joined(separator: "|")
                return ("^(\(names))$", .object(OperandDocument(type: fields[0].type).keywords))
            })
    }

    /// The `filter` of the entity's lists, for documents; `Filter.parse` is what checks it. A member that is null counts as
    /// absent.
    package func filterSchema(_ limits: QueryLimits = QueryLimits()) -> Schema {
        .object(members(limits, include: inclusions), name: "\(name)Filter")
    }

    /// The filter that selects related rows, for documents.
    ///
    /// The service accepts scopes within scopes up to `QueryLimits.maximumIncludeDepth`. The schema shows one level:
    /// tools that enumerate a schema do not come to an end where filters refer to each other through all relations.
    package var scopeSchema: Schema {
        .object(members(QueryLimits(), include: relationNames), name: "\(name)Scope")
            .described("A filter. Scopes may be nested more deeply than this schema shows.")
    }

    private func members(_ limits: QueryLimits, include: JSONObject) -> [Schema.Property] {
        let maximum = limits.maximumLimit > 0 ? limits.maximumLimit : QueryLimits.maximumSkip
        return [
            .init("where", conditionSchema.nullable()), fieldSelection, orderSelection,
            .init("limit", Schema.integer(minimum: 1, maximum: maximum).nullable()),
            .init("skip", Schema.integer(minimum: 0, maximum: QueryLimits.maximumSkip).nullable()),
            .init("offset", Schema.integer(minimum: 0, maximum: QueryLimits.maximumSkip).nullable()),
        ] + relationSelection(include)
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

    private func relationSelection(_ item: JSONObject) -> [Schema.Property] {
        guard !relations.isEmpty else { return [] }
        return [
            .init(
                "include",
                Schema.array(of: Schema.any.documented(item), maxItems: QueryLimits().maximumIncludes).nullable()
                    .described(
                        "Names, or {relation, scope: filter}. Relations: "
                            + relations.map(\.name).joined(separator: ", ") + "."))
        ]
    }

    private var relationNames: JSONObject { ["enum": .array(relations.map { .string($0.name) })] }

    /// Names of relations, or objects with a scope.
    private var inclusions: JSONObject {
        let objects = relations.map { relation -> JSONValue in
            let scope: JSONValue = ["$ref": .string("#/components/schemas/\(relation.target)Scope")]
            return [
                "type": "object", "required": ["relation"], "propertyNames": ["enum": ["relation", "scope"]],
                "patternProperties": [
                    "^relation$": ["const": .string(relation.name)], "^scope$": ["anyOf": [scope, ["type": "null"]]],
                ],
            ]
        }
        return ["if": ["type": "object"], "then": ["anyOf": .array(objects)], "else": .object(relationNames)]
    }
}
