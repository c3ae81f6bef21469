import Foundation
import StackTestSupport
import TestSupport
import Testing

/// The threat model names a test for every attack, and the tests exist.
@Suite struct ThreatModelTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func document() throws -> String {
        try String(contentsOf: root.appendingPathComponent("docs/threat-model.md"), encoding: .utf8)
    }

    /// The names of tests by suite, from their sources.
    private static func tests() throws -> [String: Set<String>] {
        let folder = root.appendingPathComponent("Tests")
        guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
            return [:]
        }
        var tests: [String: Set<String>] = [:]
        for case let file as URL in files where file.pathExtension == "swift" {
            let suite = file.deletingPathExtension().lastPathComponent.split(separator: "+")[0]
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /func `([^`]+)`/) {
                tests[String(suite), default: []].insert(String(match.1))
            }
        }
        return tests
    }

    @Test func `every test that the threat model names exists`() throws {
        let tests = try Self.tests()
        #expect(tests.count > 100)
        let named = try Self.document().matches(of: /`([A-Za-z]+Tests): ([^`]+)`/)
        #expect(named.count > 60)
        for match in named {
            #expect(
                tests[String(match.1)]?.contains(String(match.2)) == true, "\(match.1) has no test \"\(match.2)\"")
        }
    }

    @Test func `every attack has a test`() throws {
        let rows = try Self.document().split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| attack") }
        let attacks = rows.filter { !$0.hasPrefix("| --") && $0.split(separator: "|").count == 2 }
        #expect(attacks.count > 50)
        for attack in attacks { #expect(attack.contains(/`[A-Za-z]+Tests: [^`]+`/), "\(attack)") }
    }

    @Test func `the weaknesses of the original and the OWASP API Security Top 10 are attacked`() throws {
        let document = try Self.document()
        for number in 1...10 { #expect(document.contains("### API\(number):2023 "), "API\(number)") }
        let contract = try String(
            contentsOf: Self.root.appendingPathComponent("docs/contract/arc-api.md"), encoding: .utf8)
        let section = try #require(
            contract.split(separator: "## 13.1 Security").last?.split(separator: "## 13.2").first)
        let weaknesses = section.split(separator: "\n").filter {
            $0.hasPrefix("| H |") || $0.hasPrefix("| M |") || $0.hasPrefix("| L |")
        }
        #expect(weaknesses.count > 10)
        let listed = document.matches(of: #/\n\| W([0-9]+) /#).compactMap { Int($0.1) }
        #expect(listed == Array(1...weaknesses.count))
    }
}
