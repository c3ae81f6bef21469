import Foundation
import Subscription
import Testing

/// What docs/operations.md says about the findings of `arc billing check`.
@Suite struct BillingCheckDocumentTests {
    @Test func `every kind of finding has a row, and no row is of another kind`() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/operations.md").standardized
        let document = try String(contentsOf: file, encoding: .utf8)
        let section = try #require(
            document.components(separatedBy: "\n## ").first { $0.hasPrefix("Money that does not add up\n") })
        let kinds = section.matches(of: /\n\| (`[^|]+`) \|/).flatMap { row in
            row.1.matches(of: /`(\w+)`/).map { String($0.1) }
        }
        #expect(kinds.sorted() == BillingFinding.Kind.allCases.map(\.rawValue).sorted())
    }
}
