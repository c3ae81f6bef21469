/// SQL that prints one row as a JSON object, with the names and formats of `Record.write`.
struct JSONExpression {
    let alias: String
    private var parts: [String] = []

    init(alias: String) {
        self.alias = alias
    }

    /// Adds the row's own properties.
    mutating func add(_ fields: [Field]) {
        guard !fields.isEmpty else { return }
        var columns = ""
        for field in fields {
            columns += columns.isEmpty ? "" : ", "
            columns += expression(field)
            columns += " AS \""
            columns += field.name
            columns += "\""
        }
        // row_to_json knows no limit on the number of columns and prints without blanks; its braces are taken off,
        // because an absent relation must leave no member behind.
        let row = "(SELECT row_to_json(o)::text FROM (SELECT \(columns)) AS o)"
        parts.append("',' || left(right(\(row), -1), -1)")
    }

    /// Adds a relation, absent when its expression is NULL.
    mutating func add(_ relation: String, _ expression: String) {
        parts.append("coalesce(',\"\(relation)\":' || \(expression), '')")
    }

    /// The object as `text`.
    var sql: String {
        parts.isEmpty ? "'{}'" : "'{' || substr(\(parts.joined(separator: " || ")), 2) || '}'"
    }

    private func expression(_ field: Field) -> String {
        let column = SQLText.column(field, of: alias)
        guard field.type == .timestamp else { return column }
        return "to_char(\(column) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    }
}
