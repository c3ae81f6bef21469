import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Entities

/// Conditions that are decided in memory mean the same as in PostgreSQL.
@Suite struct WhereMatchingTests {
    private static let texts: [String?] = [nil, "", "a", "ab", "aXb", "a%b", "a_b", "Äb", "b", "a\\b", "B"]

    private static let predicates: [Predicate] = [
        .isNull(true), .isNull(false), .compare(.equal, .text("ab")), .compare(.notEqual, .text("ab")),
        .oneOf([.text("a"), .text("b")]), .oneOf([.null, .text("b")]), .oneOf([]), .noneOf([.text("a")]), .noneOf([]),
        .like("a%", isCaseSensitive: true, isNegated: false), .like("%b", isCaseSensitive: true, isNegated: false),
        .like("a_b", isCaseSensitive: true, isNegated: false), .like("a\\%b", isCaseSensitive: true, isNegated: false),
        .like("%", isCaseSensitive: true, isNegated: false), .like("", isCaseSensitive: true, isNegated: false),
        .like("%a%b%", isCaseSensitive: true, isNegated: false), .like("Ä_", isCaseSensitive: true, isNegated: false),
        .like("äB", isCaseSensitive: false, isNegated: false), .like("b", isCaseSensitive: false, isNegated: true),
        .like("a\\\\b", isCaseSensitive: true, isNegated: false),
    ]

    @Test func `texts match as PostgreSQL decides`() async throws {
        let entity = Entity(
            "Note", table: "notes", audit: .none, tenancy: .shared, fields: [Field.string("text", nullable: true)])
        // Any database will do.
        let configuration = try PostgresTestServer.current().configuration(database: "postgres")
        try await withPool(configuration) { pool in
            for predicate in Self.predicates {
                let condition = Where.condition("text", predicate)
                var bindings = Bindings()
                let compiled = try WhereCompiler(entity: entity, alias: "t").compile(condition, &bindings) ?? "true"
                let sql =
                    "SELECT (\(compiled)) IS TRUE FROM (SELECT $\(bindings.values.count + 1)::text) AS t (\"text\")"
                for text in Self.texts {
                    let value = PostgresValue.optional(text, PostgresValue.text)
                    let result = try await pool.query(
                        PostgresStatement(sql, prepared: false), bindings.values + [value])
                    let expected = try result[0].bool(0)
                    #expect(condition.matches { _ in value } == expected, "\(predicate) of \(text ?? "NULL")")
                }
            }
        }
    }

    @Test func `instants, numbers, identifiers and lists are compared`() {
        let now = Timestamp(milliseconds: 1_767_607_200_000)
        let later = now.adding(.seconds(1))
        let id = Identifier.v4()
        func holds(_ predicate: Predicate, _ value: PostgresValue) -> Bool {
            Where.condition("a", predicate).matches { _ in value }
        }
        #expect(holds(.compare(.less, .timestamp(later)), .timestamp(now)))
        #expect(!holds(.compare(.greaterOrEqual, .timestamp(later)), .timestamp(now)))
        #expect(holds(.between(.timestamp(now), .timestamp(later)), .timestamp(later)))
        #expect(holds(.outside(.int64(3), .int64(5)), .int64(6)))
        #expect(!holds(.outside(.int64(3), .int64(5)), .null))
        #expect(holds(.oneOf([.identifier(id)]), .identifier(id)))
        #expect(!holds(.compare(.equal, .text("1")), .int64(1)), "values of different types are never equal")
        #expect(holds(.contains("a"), .textArray(["a", "b"])))
        #expect(holds(.contains("c", isNegated: true), .textArray(["a", "b"])))
        #expect(Where.all([]).matches { _ in .null })
        #expect(!Where.any([]).matches { _ in .null })
        #expect(!Where.condition("a", .matches("x", isCaseSensitive: true)).canBeMatched)
    }

    @Test func `a pattern with many wildcards is decided quickly`() {
        let pattern = LikePattern(String(repeating: "%a", count: 100) + "%b", isCaseSensitive: true)
        #expect(!pattern.matches(String(repeating: "a", count: 20_000)))
    }
}
