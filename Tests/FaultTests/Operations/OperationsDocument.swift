import Foundation
import PostgresTestSupport

/// The commands of docs/operations.md for the person on call.
struct OperationsDocument {
    /// A command or an SQL statement, as the document has it.
    struct Command: Hashable, CustomStringConvertible {
        enum Kind { case shell, sql }

        let kind: Kind
        let text: String
        var description: String { text }
    }

    /// The commands of each section of the second level, in their order. Sections without commands are left out.
    private(set) var sections: [String: [Command]] = [:]
    /// The requests that it names, such as `GET /events/{id}`.
    private(set) var requests: [(method: String, path: String)] = []

    /// Reads the document of this source tree.
    static func read() throws -> OperationsDocument {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/operations.md").standardized
        return OperationsDocument(try String(contentsOf: url, encoding: .utf8))
    }

    init(_ text: String) {
        var title = ""
        var prose: [String] = []
        var fence: (language: String, lines: [String])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix("```") {
                guard let ended = fence else {
                    fence = (String(trimmed.dropFirst(3)), [])
                    continue
                }
                add(ended.language == "sql" ? Self.statements(ended.lines) : Self.lines(ended.lines), to: title)
                fence = nil
            } else if fence != nil {
                fence?.lines.append(trimmed)
            } else if line.hasPrefix("## ") {
                addProse(prose, to: title)
                prose = []
                title = String(line.dropFirst(3))
            } else {
                prose.append(trimmed)
            }
        }
        addProse(prose, to: title)
    }

    private mutating func add(_ commands: [Command], to title: String) {
        for command in commands where sections[title]?.contains(command) != true {
            sections[title, default: []].append(command)
        }
    }

    /// Finds what is between backticks.
    private mutating func addProse(_ lines: [String], to title: String) {
        let spans = lines.joined(separator: " ").split(separator: "`", omittingEmptySubsequences: false)
        for (index, span) in spans.enumerated() where index % 2 == 1 {
            let text = String(span)
            if let request = Self.request(text) { requests.append(request) }
            guard !Self.mentions.contains(text) else { continue }
            if Self.programs.contains(where: { text.hasPrefix($0) }) {
                add([Command(kind: .shell, text: text)], to: title)
            } else if Self.keywords.contains(where: { text.hasPrefix($0) }) {
                add([Command(kind: .sql, text: text)], to: title)
            }
        }
    }

    private static let programs = [
        "arc ", "curl ", "openssl ", "psql ", "createdb ", "pg_dump ", "pg_restore ", "redis-cli ", "aws ",
    ]
    private static let keywords = ["SELECT ", "ALTER ", "UPDATE ", "DELETE ", "GRANT ", "CREATE ", "DROP "]
    /// Commands that the document speaks about that nobody has to type there.
    private static let mentions: Set<String> = ["arc up", "arc migrate"]

    private static func request(_ text: String) -> (method: String, path: String)? {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(parts[0]), parts[1].hasPrefix("/")
        else { return nil }
        return (String(parts[0]), String(parts[1].prefix { !"? ".contains($0) }))
    }

    /// A shell's command lines, without comments.
    private static func lines(_ lines: [String]) -> [Command] {
        lines.joined(separator: "\n").replacingOccurrences(of: "\\\n", with: "").split(separator: "\n").compactMap {
            line in
            let code = line.hasPrefix("#") ? "" : String(line).components(separatedBy: " #")[0]
            let text = code.trimmingCharacters(in: .whitespaces)
            return text.isEmpty ? nil : Command(kind: .shell, text: text)
        }
    }

    /// SQL statements and commands of psql, without comments.
    private static func statements(_ lines: [String]) -> [Command] {
        var statements: [Command] = []
        var current: [String] = []
        for line in lines where !line.hasPrefix("--") && !line.isEmpty {
            current.append(line)
            guard line.hasSuffix(";") || line.hasPrefix("\\") else { continue }
            statements.append(Command(kind: .sql, text: current.joined(separator: " ")))
            current = []
        }
        if !current.isEmpty { statements.append(Command(kind: .sql, text: current.joined(separator: " "))) }
        return statements
    }
}

/// The commands of a section, of which a drill has to take every one.
final class OperationsSection {
    let title: String
    private(set) var left: [OperationsDocument.Command]

    init(_ title: String, of document: OperationsDocument) {
        self.title = title
        left = document.sections[title] ?? []
    }

    /// Takes the command with this text, or the first one that begins with it.
    /// - Throws: ``TestFailure`` if the document has none, or the drill has taken it already.
    func take(_ beginning: String) throws -> OperationsDocument.Command {
        let index =
            left.firstIndex { $0.text == beginning } ?? left.firstIndex { $0.text.hasPrefix(beginning) }
        guard let index else {
            throw TestFailure(
                "the section \"\(title)\" of docs/operations.md has no command \(beginning); not taken yet: \(left)")
        }
        return left.remove(at: index)
    }
}
