import JSONCoding
import Migrations
import PostgresClient

extension MigrationReport {
    /// The report for a terminal, line by line.
    func lines(of database: String) -> [String] {
        var lines: [String] = []
        if pending.isEmpty {
            lines.append("\(database): nothing to do")
        } else {
            let names = pending.map { "\($0.number) \($0.name)" }
            lines.append(
                adopts
                    ? "\(database): tables of the original; \(names[0]) is adopted as it is, then \(names.dropFirst().joined(separator: ", "))"
                    : "\(database): pending: \(names.joined(separator: ", "))")
        }
        for difference in differences {
            lines.append("  STOP  \(difference.place): \(difference.problem)")
            lines.append("        repair: \(difference.repair)")
        }
        for finding in findings { lines += finding.lines }
        if isBlocked { lines.append("\(database): nothing was changed; repair what is marked STOP and try again") }
        return lines
    }
}

extension MigrationReport.Finding {
    fileprivate var lines: [String] {
        let mark = check.severity == .blocking ? "STOP" : "warn"
        var lines = ["  \(mark)  \(check.name): \(count) row\(count == 1 ? "" : "s"). \(check.why)"]
        lines += rows.map { "        \($0)" }
        if count > rows.count { lines.append("        … and \(count - rows.count) more") }
        lines.append("        repair: \(check.advice)")
        for line in (check.repair ?? "").split(separator: "\n") { lines.append("            \(line)") }
        return lines
    }
}

extension MigrationState {
    /// The state for a terminal.
    var line: String {
        let text =
            switch status {
            case .pending: "pending"
            case .applied(let time): "applied \(time)"
            case .changed(let time): "applied \(time), but its SQL has changed since"
            case .unknown(let time): "applied \(time) by a newer version of arc"
            }
        return "  \(number)  \(name)  \(text)\(isAdopted ? "  (tables of the original, adopted)" : "")"
    }
}

/// The reports of several databases as one JSON document.
struct MigrationReports: JSONWritable {
    let reports: [(database: String, report: MigrationReport)]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("blocked", reports.contains { $0.report.isBlocked })
        writer.key("databases")
        writer.beginArray()
        for (database, report) in reports {
            writer.beginObject()
            writer.member("database", database)
            writer.member("adopts", report.adopts)
            writer.member("blocked", report.isBlocked)
            writer.key("pending")
            writer.beginArray()
            for migration in report.pending {
                writer.beginObject()
                writer.member("number", migration.number)
                writer.member("name", migration.name)
                writer.endObject()
            }
            writer.endArray()
            writer.key("obstacles")
            writer.beginArray()
            for difference in report.differences {
                writer.beginObject()
                writer.member("place", difference.place)
                writer.member("problem", difference.problem)
                writer.member("repair", difference.repair)
                writer.endObject()
            }
            writer.endArray()
            writer.key("findings")
            writer.beginArray()
            for finding in report.findings { Self.write(finding, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ finding: MigrationReport.Finding, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("rule", finding.check.name)
        writer.member("effect", finding.check.severity == .blocking ? "stops" : "warns")
        writer.member("migration", finding.migration)
        writer.member("why", finding.check.why)
        writer.member("count", finding.count)
        writer.key("rows")
        writer.beginArray()
        for row in finding.rows { writer.raw(Array(row.utf8)) }
        writer.endArray()
        writer.member("advice", finding.check.advice)
        writer.memberIfPresent("repair", finding.check.repair)
        writer.endObject()
    }
}
