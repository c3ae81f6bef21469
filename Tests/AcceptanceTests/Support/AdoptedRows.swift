import JSONCoding

/// What becomes of the rows of an adopted database.
enum AdoptedRows {
    /// What migrations change in rows on purpose: the moment of the last change is filled in where the original never
    /// wrote one, and metadata of features is an object, in which what was none stays readable.
    /// - Parameter isBack: After the way back, metadata is a text again.
    static func migrated(
        _ tables: [String: [String: JSONObject]], isBack: Bool = false
    ) -> [String: [String: JSONObject]] {
        var tables = tables
        tables["features"] = tables["features"]?.mapValues { row in
            guard !isBack, let text = row["metadata"]?.stringValue else { return row }
            var row = row
            let parsed = try? JSONValue.parse(Array(text.utf8))
            row["metadata"] = parsed?.objectValue == nil ? ["unparsedText": .string(text)] : parsed
            return row
        }
        for table in ["contacts", "invoices"] {
            tables[table] = tables[table]?.mapValues { row in
                var row = row
                if row["modified_on"] == .null { row["modified_on"] = row["created_on"] }
                return row
            }
        }
        return tables
    }
}
