import Foundation
import Testing

@Suite struct LoggingDocumentTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardized

    /// Who searches for a message of the document must find it.
    @Test func `messages worth an alert are those that services write`() throws {
        let document = try String(contentsOf: Self.root.appendingPathComponent("docs/logging.md"), encoding: .utf8)
        let section = try #require(document.components(separatedBy: "## Messages worth an alert").last)
        let messages = section.matches(of: /\n\| `([^`]+)` \|/).map { String($0.1) }
        #expect(messages.count >= 20)
        let sources = try #require(
            FileManager.default.enumerator(
                at: Self.root.appendingPathComponent("Sources"), includingPropertiesForKeys: nil))
        var code = ""
        for case let file as URL in sources where file.pathExtension == "swift" {
            code += try String(contentsOf: file, encoding: .utf8)
        }
        for message in messages { #expect(code.contains("\"\(message)"), "\(message)") }
    }
}
