import Foundation
import StackTestSupport
import TestSupport
import Testing

/// What a scrape has returned, in the text format of Prometheus.
struct Scrape: Sendable {
    let text: String
    /// By name with labels, as they are written.
    let samples: [String: Double]

    init(_ text: String) {
        self.text = text
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        self.samples = samples
    }

    subscript(_ sample: String) -> Double? { samples[sample] }

    /// The names of the metrics that have values.
    var names: Set<String> {
        Set(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
    }

    /// How the samples of a counter have grown since another scrape, without those that have not.
    func growth(of name: String, since before: Scrape) -> [String: Double] {
        samples.filter { $0.key.hasPrefix("\(name){") }.reduce(into: [:]) { growth, sample in
            let difference = sample.value - (before.samples[sample.key] ?? 0)
            if difference != 0 { growth[String(sample.key.dropFirst(name.count))] = difference }
        }
    }

    /// Fails if promtool does not accept the text.
    /// - Parameter hasUnusualNames: Whether promtool may find fault with names and units, which others have chosen.
    func expectAccepted(hasUnusualNames: Bool = false) async throws {
        let file = TestCommand.temporaryFile("metrics.txt")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        let outcome = try await TestCommand.outcome(
            of: ["sh", "-c", "exec promtool check metrics <\"$1\"", "sh", file.path])
        #expect(outcome.status == 0 || (hasUnusualNames && outcome.status == 3), "\(outcome.output)\(outcome.errors)")
    }
}
