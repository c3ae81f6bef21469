import PostgresClient
import Primitives

/// Names in SQL. They come from descriptions only, which `EntityCatalog` has checked.
enum SQLText {
    static func quote(_ name: String) -> String { "\"\(name)\"" }

    /// `main."tenants"`
    static func table(_ name: String) -> String { "\(Entity.databaseSchema).\(quote(name))" }

    /// `t0."name"`
    static func column(_ field: FieldDefinition, of alias: String) -> String { "\(alias).\(quote(field.column))" }
}

/// The values of a statement under construction. A value enters SQL only through here, as `$n`.
struct Bindings {
    private(set) var values: [PostgresValue] = []
    private var tenantPosition: Int?

    /// The placeholder of a new value.
    mutating func bind(_ value: PostgresValue) -> String {
        values.append(value)
        return "$\(values.count)"
    }

    /// The placeholder of the tenant's id, bound once however often it is used.
    mutating func bind(tenant: Identifier) -> String {
        if let tenantPosition { return "$\(tenantPosition)" }
        let placeholder = bind(.identifier(tenant))
        tenantPosition = values.count
        return placeholder
    }
}

extension Tenancy {
    /// The condition on a row that a tenant may touch it; nil: every row.
    /// - Parameter tenant: the placeholder of the tenant's id, a `uuid`.
    func condition(alias: String, tenant: String, field: (String) -> FieldDefinition?) -> String? {
        switch self {
        case .shared: return nil
        case .identity: return "\(alias).\"id\" = \(tenant)"
        case .operatorOnly: return "false"
        case .column(let name):
            guard let field = field(name) else { return "false" }
            let column = SQLText.column(field, of: alias)
            return field.type == .identifier ? "\(column) = \(tenant)" : "\(column) = \(tenant)::text"
        case .custom(let sql):
            return "(\(sql.replacing("{row}", with: alias).replacing("{tenant}", with: tenant)))"
        }
    }
}
