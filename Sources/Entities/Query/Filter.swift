/// One key of `order`.
package struct Order: Sendable, Hashable {
    /// The property's name in JSON.
    package let field: String
    /// Largest first.
    package let isDescending: Bool

    /// Orders by a field.
    package init(_ field: some EntityField, descending: Bool = false) {
        self.init(field.name, descending: descending)
    }

    /// Orders by the property of that name.
    init(_ field: String, descending: Bool = false) {
        self.field = field
        isDescending = descending
    }
}

/// Which properties a response shows.
package enum FieldSelection: Sendable, Hashable {
    case all
    case only(names: Set<String>)
    case except(names: Set<String>)

    /// These fields.
    package static func only(_ fields: any EntityField...) -> FieldSelection { .only(fields) }

    /// These fields.
    package static func only(_ fields: [any EntityField]) -> FieldSelection { .only(names: Set(fields.map(\.name))) }

    func contains(_ name: String) -> Bool {
        switch self {
        case .all: true
        case .only(let names): names.contains(name)
        case .except(let names): !names.contains(name)
        }
    }
}

/// A relation to include, and how.
package struct Inclusion: Sendable, Hashable {
    /// The relation's name.
    package let relation: String
    /// What holds for the related rows; limit and skip count per parent.
    package let scope: Filter

    /// Includes a relation.
    package init(_ relation: Relation, scope: Filter = Filter()) {
        self.init(relation.name, scope: scope)
    }

    /// Includes the relation of that name.
    init(_ relation: String, scope: Filter = Filter()) {
        self.relation = relation
        self.scope = scope
    }
}

/// A LoopBack filter (docs/contract/arc-api.md 4.1), parsed and typed; or made in code.
package struct Filter: Sendable, Hashable {
    /// Which rows.
    package var condition: Where
    /// Which properties.
    package var fields: FieldSelection
    /// In which order; ends in the primary key in any case, so that pages neither repeat nor lose rows.
    package var order: [Order]
    /// At most so many rows; nil: all.
    package var limit: Int?
    /// Without the first so many rows.
    package var skip: Int
    /// With which related rows.
    package var includes: [Inclusion]

    /// A filter; without arguments everything, without relations.
    package init(
        where condition: Where = .everything, fields: FieldSelection = .all, order: [Order] = [], limit: Int? = nil,
        skip: Int = 0, include includes: [Inclusion] = []
    ) {
        self.condition = condition
        self.fields = fields
        self.order = order
        self.limit = limit
        self.skip = skip
        self.includes = includes
    }
}

extension Filter {
    /// How many rows there are at most, by the limits of the list and of all that it includes.
    /// - Parameter parents: How many rows the list itself has; nil: its limit, and 1 without one.
    func rows(of entity: Entity, in catalog: EntityCatalog, parents: Int? = nil) -> Int {
        let own = parents ?? limit ?? 1
        var total = own
        for inclusion in includes {
            guard let relation = entity.relation(named: inclusion.relation), let target = catalog.target(of: relation)
            else { continue }
            let related = inclusion.scope.rows(
                of: target, in: catalog, parents: relation.kind == .one ? 1 : inclusion.scope.limit ?? 1)
            let (product, overflows) = own.multipliedReportingOverflow(by: related)
            let (sum, exceeds) = total.addingReportingOverflow(product)
            if overflows || exceeds { return .max }
            total = sum
        }
        return total
    }
}

/// What a filter from outside may cost.
package struct QueryLimits: Sendable, Hashable {
    /// The limit of lists that name none; 0: unbounded, as upstream.
    package var defaultLimit: Int
    /// The largest limit of a list; 0: unbounded.
    package var maximumLimit: Int
    /// The limit, for each parent, of included lists that name none; 0: the largest limit.
    package var defaultIncludeLimit: Int
    /// How many rows a list and all that it includes may have by their limits; 0: unbounded. Lists without any limit do
    /// not count.
    package var maximumRows: Int
    /// How deep `include` may nest.
    package var maximumIncludeDepth: Int
    /// How many relations one filter may include, all levels together.
    package var maximumIncludes: Int
    /// How many conditions one filter may have, all levels together.
    package var maximumConditions: Int
    /// How deep `and` and `or` may nest.
    package var maximumWhereDepth: Int
    /// How many values `inq` and `nin` may list.
    package var maximumListValues: Int
    /// How long the parameter may be, in bytes.
    package var maximumTextLength: Int

    /// The limit of a list that names `skip` or `offset` but no `limit` (docs/contract/arc-api.md 4.1).
    static let limitWithSkip = 100
    /// How many rows `skip` and `offset` may pass over: what every client's numbers hold.
    static let maximumSkip = 9_007_199_254_740_991
    /// How long the pattern of `regexp` and the like may be, in code points.
    static let maximumPatternLength = 256

    /// Limits; see the properties.
    package init(
        defaultLimit: Int = 0, maximumLimit: Int = 0, defaultIncludeLimit: Int = 0, maximumRows: Int = 0,
        maximumIncludeDepth: Int = 5, maximumIncludes: Int = 20,
        maximumConditions: Int = 100, maximumWhereDepth: Int = 10, maximumListValues: Int = 1000,
        maximumTextLength: Int = 65_536
    ) {
        self.defaultLimit = defaultLimit
        self.maximumLimit = maximumLimit
        self.defaultIncludeLimit = defaultIncludeLimit
        self.maximumRows = maximumRows
        self.maximumIncludeDepth = maximumIncludeDepth
        self.maximumIncludes = maximumIncludes
        self.maximumConditions = maximumConditions
        self.maximumWhereDepth = maximumWhereDepth
        self.maximumListValues = maximumListValues
        self.maximumTextLength = maximumTextLength
    }
}
