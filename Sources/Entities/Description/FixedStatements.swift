import PostgresClient

/// The statements of an entity that never vary, made once: `$1` is the row's id, `$2` the id of the tenant that may read it.
struct FixedStatements: Sendable {
    let selectByID: PostgresStatement
    /// Nil if every tenant may read every row, as in catalogs.
    let selectByIDOfTenant: PostgresStatement?

    init(table: String, audit: Audit, tenancy: Tenancy, properties: [FieldDefinition]) {
        var sql = "SELECT \(Projection(properties).sql) FROM \(SQLText.table(table)) AS t0"
        sql += " WHERE t0.\"id\" = $1"
        if audit.hasColumns { sql += " AND t0.\"deleted\" = false" }
        selectByID = PostgresStatement(sql)
        let condition = tenancy.condition(alias: "t0", tenant: "$2") { name in
            properties.first { $0.name == name }
        }
        selectByIDOfTenant = condition.map { PostgresStatement("\(sql) AND \($0)") }
    }
}
