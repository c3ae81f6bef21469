import PostgresClient
import Primitives

/// Makes the INSERT and UPDATE statements of an entity. All return every column (`Entity.allColumns`), so that the
/// writer has the row's JSON and version without reading again.
struct WriteCompiler {
    let entity: Entity
    let catalog: EntityCatalog
    let scope: TenantScope

    private static let alias = "t0"

    private var returning: String { " RETURNING " + entity.allColumns.sql }
    private var table: String { "\(SQLText.table(entity.table)) AS \(Self.alias)" }
    private func actor(_ field: String) -> PostgresValue { scope.actor.value(for: entity.field(named: field)) }

    // MARK: Create

    func insert(_ values: FieldValues, newID: Identifier) throws(RepositoryError) -> BoundStatement {
        try check(values)
        var assignments = try ownValues(values, isCreate: true)
        if entity.audit.hasColumns {
            for name in [AuditBlock.createdBy.name, AuditBlock.modifiedBy.name] where values[name] == nil {
                if let field = entity.field(named: name) { assignments.append((field, scope.actor.value(for: field))) }
            }
        }
        let statement = entity.insertStatements.statement(for: assignments.map(\.field.column)) {
            insertSQL($0)
        }
        return BoundStatement(
            statement, [.identifier(values.identifier ?? newID)] + assignments.map(\.value))
    }

    private func insertSQL(_ columns: [String]) -> String {
        let names = ([Entity.id.definition.column] + columns).map(SQLText.quote).joined(separator: ", ")
        let placeholders = (1...columns.count + 1).map { "$\($0)" }.joined(separator: ", ")
        return "INSERT INTO \(table) (\(names)) VALUES (\(placeholders))" + returning
    }

    // MARK: Change

    /// Which row an update is for.
    struct Target {
        var id: Identifier
        var version: VersionCondition?
    }

    /// Changes the given fields of one row.
    func update(
        _ target: Target, _ values: FieldValues, isGuarded: Bool = false
    ) throws(RepositoryError) -> BoundStatement {
        try check(values)
        let assignments = try ownValues(values, isCreate: false)
        return try update(target, isGuarded: isGuarded) { bindings in Self.set(assignments, &bindings) }
    }

    /// Sets every field that bodies can set; what is not given goes back to its column's default, which is NULL for
    /// most. Neither un-deletes nor touches who created the row and when.
    func replace(
        _ target: Target, _ values: FieldValues, isGuarded: Bool = false
    ) throws(RepositoryError) -> BoundStatement {
        try check(values)
        let given = try ownValues(values, isCreate: false)
        let tenantField = scope.tenantID == nil ? nil : entity.tenantField
        let unset = entity.fields.filter {
            $0.access == .readWrite && values[$0.name] == nil && $0.name != tenantField?.name
        }
        return try update(target, isGuarded: isGuarded) { bindings in
            Self.set(given, &bindings) + unset.map { "\(SQLText.quote($0.column)) = DEFAULT" }
        }
    }

    private static func set(
        _ assignments: [(field: FieldDefinition, value: PostgresValue)], _ bindings: inout Bindings
    ) -> [String] {
        assignments.map { "\(SQLText.quote($0.field.column)) = \(bindings.bind($0.value))" }
    }

    func delete(_ target: Target, isGuarded: Bool = false) throws(RepositoryError) -> BoundStatement {
        guard entity.audit.hasColumns else {
            var bindings = Bindings()
            let conditions = try conditions(target, isLive: true, &bindings)
            let sql = "DELETE FROM \(table)" + SelectCompiler.whereClause(conditions) + returning
            return BoundStatement(statement(sql, isGuarded: isGuarded), bindings.values)
        }
        return try update(target, isGuarded: isGuarded) { bindings in
            [
                "\"deleted\" = true", "\"deleted_on\" = date_trunc('milliseconds', now())",
                "\"deleted_by\" = \(bindings.bind(actor(AuditBlock.deletedBy.name)))",
            ]
        }
    }

    func restore(_ target: Target, isGuarded: Bool = false) throws(RepositoryError) -> BoundStatement {
        guard entity.audit.hasColumns else { throw .unexpected(sqlState: nil) }
        return try update(target, isLive: false, isGuarded: isGuarded) { _ in
            ["\"deleted\" = false", "\"deleted_on\" = NULL", "\"deleted_by\" = NULL"]
        }
    }

    /// Rows that one bulk change may touch: they are locked until its end, and their versions are held in memory.
    static let largestBulkChange = 10_000

    /// Changes the given fields of every row that matches; returns `id` and `row_version`.
    ///
    /// The rows are locked in the order of their ids, so that two bulk changes wait for each other instead of ending in a
    /// deadlock. More rows than ``largestBulkChange`` fail (``PostgresError/isGuardViolation``).
    func updateAll(_ values: FieldValues, where condition: Where) throws(RepositoryError) -> BoundStatement {
        try check(values)
        var bindings = Bindings()
        var assignments = Self.set(try ownValues(values, isCreate: false), &bindings)
        assignments += modification(assignments, &bindings)
        let conditions = try RowConditions(entity: entity, alias: Self.alias, scope: scope)
            .compile(condition, &bindings)
        let sql =
            "WITH target AS MATERIALIZED (SELECT \(Self.alias).\"id\" FROM \(table)"
            + SelectCompiler.whereClause(conditions)
            + " ORDER BY \(Self.alias).\"id\" LIMIT \(Self.largestBulkChange + 1) FOR UPDATE)"
            + " UPDATE \(table) SET " + assignments.joined(separator: ", ")
            + " WHERE \(Self.alias).\"id\" IN (SELECT \"id\" FROM target)"
            + " AND (SELECT 1 / (count(*) <= \(Self.largestBulkChange))::integer FROM target) = 1"
            + " RETURNING \(Self.alias).\"id\", \(Self.alias).row_version"
        return BoundStatement(PostgresStatement(sql, prepared: condition.isRepetitive), bindings.values)
    }

    // MARK: Parts

    private func update(
        _ target: Target, isLive: Bool = true, isGuarded: Bool, _ set: (inout Bindings) -> [String]
    ) throws(RepositoryError) -> BoundStatement {
        var bindings = Bindings()
        var assignments = set(&bindings)
        assignments += modification(assignments, &bindings)
        let conditions = try conditions(target, isLive: isLive, &bindings)
        let sql =
            "UPDATE \(table) SET " + assignments.joined(separator: ", ") + SelectCompiler.whereClause(conditions)
            + returning
        return BoundStatement(statement(sql, isGuarded: isGuarded), bindings.values)
    }

    /// Who changed the row; without an audit block, and if nothing else is set, something that changes nothing.
    /// `modified_on` and `row_version` are the trigger's.
    private func modification(_ assignments: [String], _ bindings: inout Bindings) -> [String] {
        if entity.audit.hasColumns {
            let isSet = assignments.contains { $0.hasPrefix("\"modified_by\"") }
            return isSet ? [] : ["\"modified_by\" = \(bindings.bind(actor(AuditBlock.modifiedBy.name)))"]
        }
        return assignments.isEmpty ? ["\"id\" = \(Self.alias).\"id\""] : []
    }

    private func conditions(
        _ target: Target, isLive: Bool, _ bindings: inout Bindings
    ) throws(RepositoryError) -> [String] {
        var conditions = ["\(Self.alias).\"id\" = \(bindings.bind(.identifier(target.id)))"]
        if let version = target.version {
            conditions += version.sql("\(Self.alias).row_version") { bindings.bind($0) }
        }
        return conditions
            + (try RowConditions(entity: entity, alias: Self.alias, scope: scope, isLive: isLive)
                .compile(.everything, &bindings))
    }

    /// A guarded statement fails (``PostgresError/isGuardViolation``) if it changes no row, so that its whole batch is
    /// rolled back: no event without its change.
    private func statement(_ sql: String, isGuarded: Bool) -> PostgresStatement {
        guard isGuarded else { return PostgresStatement(sql) }
        return PostgresStatement(
            "WITH changed AS (\(sql)) SELECT changed.* FROM (SELECT 1 / count(*) AS one FROM changed) AS guard"
                + " LEFT JOIN changed ON true WHERE guard.one > 0")
    }

    private func check(_ values: FieldValues) throws(RepositoryError) {
        guard values.entity == entity, values.unknownNames.isEmpty else { throw .unexpected(sqlState: nil) }
    }

    /// The values with the tenant's own id where the entity keeps it. For a tenant's user
    /// other tenants do not exist, so naming one fails like a foreign key (docs/contract/arc-api.md 2.3).
    private func ownValues(
        _ values: FieldValues, isCreate: Bool
    ) throws(RepositoryError) -> [(field: FieldDefinition, value: PostgresValue)] {
        guard let tenant = scope.tenantID else { return values.assignments }
        switch entity.tenancy {
        case .shared, .custom: return values.assignments
        case .operatorOnly: throw .forbidden
        case .identity:
            if isCreate { throw .forbidden }
            return values.assignments
        case .column:
            guard let field = entity.tenantField else { throw .forbidden }
            let own: PostgresValue = field.type == .identifier ? .identifier(tenant) : .text(tenant.description)
            if let given = values[field.name], given != own { throw foreignTenant(field, given) }
            let others = values.assignments.filter { $0.field.name != field.name }
            return isCreate ? others + [(field, own)] : others
        }
    }

    private func foreignTenant(_ field: FieldDefinition, _ given: PostgresValue) -> RepositoryError {
        let value =
            switch given {
            case .identifier(let identifier): identifier.description
            case .text(let text): text
            default: "null"
            }
        let relation = entity.relations.first { $0.sourceField == field.name && $0.kind == .one }
        let table = relation.flatMap { catalog.target(of: $0)?.table } ?? "tenants"
        return .relatedNotFound(detail: "Key (\(field.column))=(\(value)) is not present in table \"\(table)\".")
    }
}

extension Entity {
    /// The field that holds the tenant's id.
    var tenantField: FieldDefinition? {
        if case .column(let name) = tenancy { field(named: name) } else { nil }
    }
}
