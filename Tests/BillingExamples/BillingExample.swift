import Foundation
package import JSONCoding

/// A row of the worked examples: requests with what the answers must say (Tests/Fixtures/billing/examples.json).
package struct BillingExample: Sendable {
    /// A request, and the members that its answer must have.
    package struct Case: Sendable {
        package let request: JSONValue
        package let expected: JSONValue
    }

    /// `A1`, `D12`: the letter is the family.
    package let id: String
    package let cases: [Case]

    /// The letter of the family.
    package var family: String { String(id.prefix(1)) }

    /// All rows of the fixture.
    package static func all() throws -> [BillingExample] {
        try (document()["rows"]?.arrayValue ?? []).map { row in
            BillingExample(
                id: row["id"]?.stringValue ?? "",
                cases: (row["cases"]?.arrayValue ?? []).map {
                    Case(request: $0["request"] ?? .null, expected: $0["expect"] ?? .null)
                })
        }
    }

    /// The rows that no test is made from, with the reasons.
    package static func excluded() throws -> [String: String] {
        var excluded: [String: String] = [:]
        for (id, reason) in try document()["excluded"]?.objectValue ?? JSONObject() {
            excluded[id] = reason.stringValue
        }
        return excluded
    }

    /// Rules of docs/billing.md, by name, with small numbers (Tests/Fixtures/billing/rules.json).
    package static func rules() throws -> [(name: String, example: Case)] {
        try (document("rules.json").arrayValue ?? []).map {
            ($0["name"]?.stringValue ?? "", Case(request: $0["request"] ?? .null, expected: $0["expect"] ?? .null))
        }
    }

    private static func document(_ name: String = "examples.json") throws -> JSONValue {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/billing/\(name)")
        return try JSONValue.parse(Array(Data(contentsOf: file)))
    }

    /// What an answer lacks of what is expected; empty if nothing.
    ///
    /// Expected members must be there with these values, and arrays must have these elements and no others, with two
    /// exceptions: the lines of an invoice may have others between them, and after the text `…` any may follow.
    package static func differences(_ answer: JSONValue, _ expected: JSONValue, at path: String = "") -> [String] {
        switch expected {
        case .object(let members):
            return members.flatMap { key, value in
                answer[key].map { differences($0, value, at: "\(path)/\(key)") } ?? ["\(path)/\(key) is missing"]
            }
        case .array(let elements):
            guard let given = answer.arrayValue else { return ["\(path) is no array"] }
            return path.hasSuffix("/lines")
                ? missingElements(given, elements, at: path) : differences(given, elements, at: path)
        default:
            return answer == expected ? [] : ["\(path) is \(text(answer)), not \(text(expected))"]
        }
    }

    private static func differences(_ given: [JSONValue], _ expected: [JSONValue], at path: String) -> [String] {
        let isOpen = expected.last?.stringValue == "…"
        let elements = isOpen ? expected.dropLast() : expected[...]
        guard given.count == elements.count || isOpen && given.count > elements.count else {
            return ["\(path) has \(given.count) elements, not \(elements.count)"]
        }
        return zip(given, elements).enumerated().flatMap { differences($1.0, $1.1, at: "\(path)/\($0)") }
    }

    private static func missingElements(_ given: [JSONValue], _ expected: [JSONValue], at path: String) -> [String] {
        var rest = given[...]
        for element in expected {
            guard let index = rest.firstIndex(where: { differences($0, element).isEmpty }) else {
                return ["\(path) lacks \(text(element)) in \(text(.array(given)))"]
            }
            rest = rest[(index + 1)...]
        }
        return []
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}
