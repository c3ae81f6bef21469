package import PostgresClient
import Primitives

/// A read, ready to run.
package struct CompiledSelect: Sendable {
    /// The statement with its values.
    package let statement: BoundStatement
    /// What its columns are, for `EntityRepository.records`.
    package let projection: Projection
}

/// Makes one SELECT of a filter, includes and all (design D8). Soft-deleted rows and other tenants' rows are
/// excluded at every level.
struct SelectCompiler {
    let catalog: EntityCatalog
    let scope: TenantScope
    private var bindings = Bindings()
    private var aliases = 0

    init(catalog: EntityCatalog, scope: TenantScope) {
        self.catalog = catalog
        self.scope = scope
    }

    /// The rows of an entity that the filter selects; only that of an id if one is given.
    mutating func select(
        _ entity: Entity, _ filter: Filter, id: Identifier? = nil
    ) throws(RepositoryError) -> CompiledSelect {
        let alias = nextAlias()
        var relations: [RelatedProjection] = []
        var subqueries = ""
        for inclusion in entity.sorted(filter.includes) {
            let (subquery, related) = try include(inclusion, of: entity, alias: alias)
            subqueries += ", \(subquery)"
            relations.append(related)
        }
        let projection = entity.projection(
            filter.fields, relations: relations, order: id == nil ? filter.order : [])
        var sql = "SELECT " + projection.sql + subqueries
        sql += " FROM \(SQLText.table(entity.table)) AS \(alias)"
        var conditions: [String] = []
        if let id { conditions.append("\(alias).\"id\" = \(bindings.bind(.identifier(id)))") }
        conditions += try self.conditions(entity, alias, filter.condition)
        sql += Self.whereClause(conditions)
        if id == nil { sql += try orderAndLimit(entity, alias, filter) }
        let statement = PostgresStatement(sql, prepared: filter.isRepetitive)
        return CompiledSelect(statement: BoundStatement(statement, bindings.values), projection: projection)
    }

    /// `SELECT count(*)` of the rows that match.
    mutating func count(_ entity: Entity, _ condition: Where) throws(RepositoryError) -> BoundStatement {
        let alias = nextAlias()
        let conditions = try conditions(entity, alias, condition)
        let sql = "SELECT count(*) FROM \(SQLText.table(entity.table)) AS \(alias)" + Self.whereClause(conditions)
        return BoundStatement(PostgresStatement(sql, prepared: condition.isRepetitive), bindings.values)
    }

    private mutating func nextAlias() -> String {
        defer { aliases += 1 }
        return "t\(aliases)"
    }

    static func whereClause(_ conditions: [String]) -> String {
        conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    }

    /// The conditions on every row that is read: not deleted, within the caller's scope, and selected by the filter.
    private mutating func conditions(
        _ entity: Entity, _ alias: String, _ condition: Where
    ) throws(RepositoryError) -> [String] {
        try RowConditions(entity: entity, alias: alias, scope: scope).compile(condition, &bindings)
    }

    private mutating func orderAndLimit(
        _ entity: Entity, _ alias: String, _ filter: Filter
    ) throws(RepositoryError) -> String {
        var keys: [String] = []
        for order in filter.order {
            guard let field = entity.field(named: order.field) else { throw .unexpected(sqlState: nil) }
            keys.append(SQLText.column(field, of: alias) + (order.isDescending ? " DESC" : ""))
        }
        if !filter.order.contains(where: { $0.field == Entity.id.name }) { keys.append("\(alias).\"id\"") }
        var sql = " ORDER BY " + keys.joined(separator: ", ")
        if let limit = filter.limit { sql += " LIMIT \(bindings.bind(.int64(Int64(limit))))" }
        if filter.skip > 0 { sql += " OFFSET \(bindings.bind(.int64(Int64(filter.skip))))" }
        return sql
    }

    /// A subquery that yields the related rows: a record or NULL for a relation to one row, otherwise an array of records. `ROW`
    /// in `ARRAY` costs PostgreSQL a third less than `array_agg` of a subquery's rows (measured; see docs/performance.md).
    private mutating func include(
        _ inclusion: Inclusion, of parent: Entity, alias parentAlias: String
    ) throws(RepositoryError) -> (sql: String, projection: RelatedProjection) {
        guard let relation = parent.relation(named: inclusion.relation), let target = catalog.target(of: relation),
            let source = parent.field(named: relation.sourceField),
            let key = target.field(named: relation.targetField)
        else { throw .unexpected(sqlState: nil) }
        let alias = nextAlias()
        let columns = target.allColumns.columns.filter(\.isShown).map { column in
            column.shown(inclusion.scope.fields.contains(column.field.name))
        }
        var selected = columns.map { SQLText.column($0.field, of: alias) }
        var relations: [RelatedProjection] = []
        for nested in target.sorted(inclusion.scope.includes) {
            let (subquery, related) = try include(nested, of: target, alias: alias)
            selected.append(subquery)
            relations.append(related)
        }
        let join = Self.join(
            SQLText.column(key, of: alias), key.type, SQLText.column(source, of: parentAlias), source.type)
        let conditions = [join] + (try conditions(target, alias, inclusion.scope.condition))
        var rows = "SELECT ROW(" + selected.joined(separator: ", ") + ")"
        rows += " FROM \(SQLText.table(target.table)) AS \(alias)" + Self.whereClause(conditions)
        let projection = RelatedProjection(
            name: relation.name, kind: relation.kind, columns: columns, relations: relations)
        switch relation.kind {
        case .one:
            // Only the description says that the key is unique: if it is not, the oldest row wins.
            var order = key.name == Entity.id.name ? "" : " ORDER BY \(alias).\"id\""
            if !inclusion.scope.order.isEmpty || inclusion.scope.skip > 0 {
                var chosen = inclusion.scope
                chosen.limit = nil
                order = try orderAndLimit(target, alias, chosen)
            }
            return ("(\(rows)\(order) LIMIT 1)", projection)
        case .many:
            rows += try orderAndLimit(target, alias, inclusion.scope)
            return ("ARRAY(\(rows))", projection)
        }
    }

    /// Keys of different types (a `uuid` kept as text) compare as texts.
    private static func join(
        _ key: String, _ keyType: FieldType, _ source: String, _ sourceType: FieldType
    ) -> String {
        if keyType == sourceType { return "\(key) = \(source)" }
        return keyType == .identifier ? "\(key)::text = \(source)" : "\(key) = \(source)::text"
    }
}

/// The conditions that every statement on an entity's rows carries.
struct RowConditions {
    let entity: Entity
    let alias: String
    let scope: TenantScope
    /// `false` selects the deleted rows instead.
    var isLive = true

    func compile(_ condition: Where, _ bindings: inout Bindings) throws(RepositoryError) -> [String] {
        var conditions: [String] = []
        if entity.audit.hasColumns { conditions.append("\(alias).\"deleted\" = \(isLive ? "false" : "true")") }
        if entity.tenancy != .shared, let tenant = scope.tenantID,
            let own = entity.tenancy.condition(
                alias: alias, tenant: bindings.bind(tenant: tenant), field: entity.field(named:))
        {
            conditions.append(own)
        }
        if let compiled = try WhereCompiler(entity: entity, alias: alias).compile(condition, &bindings) {
            conditions.append(compiled)
        }
        return conditions
    }
}

extension Entity {
    /// Inclusions in the order in which the entity has its relations.
    fileprivate func sorted(_ inclusions: [Inclusion]) -> [Inclusion] {
        relations.compactMap { relation in inclusions.first { $0.relation == relation.name } }
    }
}

extension Filter {
    /// Whether the SQL of a filter of this shape is likely to come again, so that preparing it pays.
    fileprivate var isRepetitive: Bool {
        fields == .all && order.count <= 1 && condition.isRepetitive && includes.count <= 4
            && includes.allSatisfy(\.scope.isRepetitive)
    }
}
