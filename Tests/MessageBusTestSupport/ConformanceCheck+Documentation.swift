import Foundation
import TestSupport

/// The table of docs/events.md.
extension ConformanceCheck {
    /// The rows of the table, by the beginnings of their names.
    private static let rows: [(name: String, promise: KeyPath<BusPromises, Bool> & Sendable)] = [
        ("at least once, nothing is lost when a process dies", \.survivesProcesses),
        ("events of a tenant in order, one at a time", \.keepsOrder),
        ("a group that is new gets earlier events", \.replaysToNewGroups),
        ("an event that is published twice is delivered once", \.recognizesDuplicates),
        ("failed attempts are counted for all processes", \.sharesAttempts),
        ("dead letters with their reasons, listed and retried", \.keepsDeadLetters),
        ("age of what waits", \.reportsBacklog),
    ]

    func documentation(_ bus: some ConformanceBus) throws {
        guard let name = bus.documentedName else { return }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../docs/events.md")
        let table = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("|") }
            .map { line in
                line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            }
        guard let header = table.firstIndex(where: { $0.contains("postgres") && $0.contains("eventbridge") }),
            // The name of the first column is empty.
            let column = table[header].firstIndex(of: name)
        else { throw TestFailure("docs/events.md has no column for \(name)") }
        let standard = table[header].firstIndex(of: "sqs, standard queues") ?? column
        for (row, promise) in Self.rows {
            guard let cells = table.dropFirst(header).first(where: { $0.first?.hasPrefix(row) == true }),
                cells.count == table[header].count
            else { throw TestFailure("docs/events.md has no row of all buses that begins with \(row)") }
            let cell = cells[column] == "as standard queues" ? cells[standard] : cells[column]
            let isPromised = !cell.hasPrefix("no") && !cell.contains("nearly")
            try expect(isPromised == bus.promises[keyPath: promise], "docs/events.md says \(cell) of \(name): \(row)")
        }
    }
}
