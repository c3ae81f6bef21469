import JSONCoding

/// What `arc doctor` has found out about one thing that a service depends on.
struct Finding: Sendable, JSONWritable {
    /// How it is.
    enum State: String, Sendable {
        case ok
        /// The service works, but with a limitation, or somebody has to look.
        case limited
        case failed
    }

    let name: String
    let state: State
    /// What it is like, or what is wrong.
    let message: String
    /// What to do; empty if there is nothing to do.
    let advice: String

    static func ok(_ name: String, _ message: String) -> Finding {
        Finding(name: name, state: .ok, message: message, advice: "")
    }

    /// Lines for the terminal.
    var text: String {
        switch state {
        case .ok: "  ok    \(name): \(message)"
        case .limited: "  WARN  \(name): \(message)\n        fix: \(advice)"
        case .failed: "  FAIL  \(name): \(message)\n        fix: \(advice)"
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("state")
        writer.string(state.rawValue)
        writer.key("message")
        writer.string(message)
        if !advice.isEmpty {
            writer.key("advice")
            writer.string(advice)
        }
        writer.endObject()
    }
}

/// The findings about all examined services.
struct DoctorReport: Sendable, JSONWritable {
    let services: [(name: String, findings: [Finding])]

    var problems: Int { count(.failed) }
    var limitations: Int { count(.limited) }

    private func count(_ state: Finding.State) -> Int {
        services.reduce(0) { $0 + $1.findings.count { $0.state == state } }
    }

    var text: String {
        var lines: [String] = []
        for service in services {
            lines.append(service.name)
            lines += service.findings.map(\.text)
        }
        switch (problems, limitations) {
        case (0, 0): lines.append("No problems found.")
        case (0, let limitations): lines.append("No problems found, but \(limitations) warning(s).")
        case (let problems, 0): lines.append("\(problems) problem(s) found.")
        case (let problems, let limitations):
            lines.append("\(problems) problem(s) and \(limitations) warning(s) found.")
        }
        return lines.joined(separator: "\n")
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("problems")
        writer.integer(problems)
        writer.key("warnings")
        writer.integer(limitations)
        writer.key("services")
        writer.beginArray()
        for service in services {
            writer.beginObject()
            writer.key("service")
            writer.string(service.name)
            writer.key("checks")
            writer.beginArray()
            for finding in service.findings { finding.write(to: &writer) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
