import PostgresClient

/// The detail of a violated constraint, in the sentences of docs/contract/arc-api.md 2.3, which are PostgreSQL's in
/// English. Its own DETAIL is passed on only when it is exactly such a sentence: a server may use another language,
/// and does not report the values on tables with row-level security.
enum ConstraintDetail {
    /// `Key (key)=(abc) already exists.`
    static func unique(_ error: PostgresError, _ values: FieldValues?) -> String {
        let end = " already exists."
        if let detail = error.detail, detail.hasPrefix("Key ("), detail.hasSuffix(")" + end) { return detail }
        guard let values, let key = key(uniqueFields(error, values.entity), values) else {
            return "Such a row already exists."
        }
        return key + end
    }

    /// `Key (id)=(…) is still referenced from table "contacts".`; nil when a row that is referred to is missing.
    static func reference(_ error: PostgresError, _ entity: Entity?) -> String? {
        let words = " is still referenced from table "
        if let detail = error.detail {
            if table(behind: words, in: detail) != nil { return detail }
            if table(behind: missingWords, in: detail) != nil { return nil }
        }
        // The error names the table that refers: another one than was changed.
        guard let entity, let table = error.table, table != entity.table else { return nil }
        return "Key\(words)\"\(table)\"."
    }

    /// `Key (tenant_id)=(…) is not present in table "tenants".`
    static func missing(_ error: PostgresError, _ values: FieldValues?, _ catalog: EntityCatalog?) -> String {
        var target = error.detail.flatMap { table(behind: missingWords, in: $0) }
        if let detail = error.detail, target != nil, detail.hasPrefix("Key (") { return detail }
        // Our migrations leave foreign keys the name PostgreSQL gives them, <table>_<column>_fkey.
        let field = values?.assignments.map(\.field).filter { error.constraint?.contains($0.column) == true }
            .max { $0.column.utf8.count < $1.column.utf8.count }
        var subject = "Key"
        if let values, let field {
            subject = key([field.name], values) ?? subject
            let relation = values.entity.relations.first { $0.sourceField == field.name && $0.kind == .one }
            target = target ?? relation.flatMap { catalog?.target(of: $0)?.table }
        }
        guard let target else { return "\(subject) is not present in another table." }
        return "\(subject)\(missingWords)\"\(target)\"."
    }

    private static let missingWords = " is not present in table "

    /// The table at the end of a sentence like `Key … is not present in table "tenants".`; nil for other sentences.
    private static func table(behind words: String, in detail: String) -> String? {
        guard detail.hasPrefix("Key "), detail.hasSuffix("\".") else { return nil }
        let sentence = detail.dropLast(2)
        guard let quote = sentence.lastIndex(of: "\""), sentence[..<quote].hasSuffix(words) else { return nil }
        return String(sentence[sentence.index(after: quote)...])
    }

    private static func uniqueFields(_ error: PostgresError, _ entity: Entity) -> [String] {
        if let unique = entity.uniqueKeys.first(where: { $0.constraint == error.constraint }) { return unique.fields }
        return error.constraint == "\(entity.table)_pkey" ? [Entity.id.name] : []
    }

    /// `Key (a, b)=(1, 2)`, of values that the client itself sent.
    private static func key(_ fields: [String], _ values: FieldValues) -> String? {
        guard !fields.isEmpty else { return nil }
        var columns: [String] = []
        var texts: [String] = []
        for name in fields {
            let value = name == Entity.id.name ? values.identifier.map { .identifier($0) } : values[name]
            guard let field = values.entity.field(named: name), let text = value?.textForm else { return nil }
            columns.append(field.column)
            texts.append(text)
        }
        return "Key (\(columns.joined(separator: ", ")))=(\(texts.joined(separator: ", ")))"
    }
}
