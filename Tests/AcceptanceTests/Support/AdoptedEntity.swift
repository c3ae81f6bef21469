import JSONCoding
import StackTestSupport
import Testing

/// What the API must show of an adopted table.
struct AdoptedEntity: Sendable {
    let table: String
    let path: String
    /// Columns that have another name in JSON than theirs in camel case; nil where JSON does not show them.
    var renamed: [String: String?] = [:]
    /// The body of a change that every row takes.
    var change: JSONValue
    /// Ids of rows that can be read but not changed, because they break a check.
    var frozen: Set<String> = []

    /// Every row is listed and read with its values, unless it is deleted; and can be changed.
    func expectReadable(_ rows: [String: JSONObject], _ client: TestHTTPClient, token: String) async throws {
        let filter: JSONValue = ["limit": 1000]
        let listed =
            try await client.get("\(path)?\(filter.parameter())", token: token).expect(200).json.arrayValue ?? []
        let live = rows.filter { $0.value["deleted"] == false }
        #expect(!live.isEmpty && live.count < rows.count, "\(table) has rows of both kinds")
        #expect(Set(listed.compactMap { $0["id"]?.stringValue }) == Set(live.keys), "\(path) lists what is not deleted")
        for shown in listed {
            if let row = shown["id"]?.stringValue.flatMap({ live[$0] }) { expect(shown, shows: row) }
        }
        for (id, row) in rows.sorted(by: { $0.key < $1.key }) {
            guard live[id] != nil else {
                try await client.get("\(path)/\(id)", token: token).expect(404)
                try await client.patch("\(path)/\(id)", change, token: token).expect(404)
                continue
            }
            expect(try await client.get("\(path)/\(id)", token: token).expect(200).json, shows: row)
            let status = try await client.patch("\(path)/\(id)", change, token: token).status
            #expect(status == (frozen.contains(id) ? 422 : 204), "PATCH \(path)/\(id)")
            let changed = try await client.get("\(path)/\(id)", token: token).expect(200).json
            var expected = row
            expected["modified_on"] = changed["modifiedOn"]
            expected["modified_by"] = changed["modifiedBy"]
            for (name, value) in change.objectValue ?? [:] where status == 204 {
                for column in row.keys where property(column) == name { expected[column] = value }
            }
            expect(changed, shows: expected)
        }
    }

    /// The JSON of a row has the values of its columns.
    func expect(_ shown: JSONValue, shows row: JSONObject) {
        for (column, value) in row {
            guard let name = property(column) else { continue }
            // JSON has no number for it.
            #expect(
                shown[name] == (value == "NaN" ? .null : value),
                "\(table).\(column) of \(row["id"]?.stringValue ?? "?")")
        }
    }

    private func property(_ column: String) -> String? {
        if let name = renamed[column] { return name }
        let words = column.split(separator: "_").map(String.init)
        return words.dropFirst().reduce(words.first ?? "") { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}
