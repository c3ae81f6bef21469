import Foundation
import JSONCoding
import TestSupport

/// A compose file of deploy/.
struct ComposeFile {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../..").standardized
    static let deploy = root.appendingPathComponent("deploy")

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    let document: JSONValue

    /// Reads a file with its anchors resolved; `${…}` stay as they are.
    static func read(_ name: String = "docker-compose.yml") async throws -> ComposeFile {
        let json = try await PythonPeer.run("yaml_json.py", [deploy.appendingPathComponent(name).path])
        return ComposeFile(document: try JSONValue.parse(Array(json.utf8)))
    }

    /// The services by their names.
    var services: [(name: String, service: JSONValue)] {
        (document["services"]?.objectValue ?? [:]).map { ($0, $1) }.sorted { $0.name < $1.name }
    }

    /// What the table in docs/architecture.md has to say about the file: one text for each fact.
    var facts: Set<String> {
        var facts: Set<String> = []
        for (name, network) in document["networks"]?.objectValue ?? [:] {
            facts.insert("networks.\(name): \(network["driver"]?.stringValue ?? "")")
        }
        for (name, volume) in document["volumes"]?.objectValue ?? [:] {
            facts.insert("volumes.\(name): \(volume["name"]?.stringValue ?? "")")
        }
        for (name, service) in services { facts.formUnion(Self.facts(of: service).map { "\(name).\($0)" }) }
        return facts
    }

    private static func facts(of service: JSONValue) -> [String] {
        var facts = texts(service["ports"]).map { port in
            "ports: " + port.replacing("${ARC_BIND_ADDRESS:-127.0.0.1}:", with: "")
        }
        // Named volumes; folders of this repository begin with a dot.
        facts += texts(service["volumes"]).filter { !$0.hasPrefix(".") }.map { "volumes: \($0)" }
        facts += texts(service["profiles"]).map { "profiles: \($0)" }
        for (name, dependency) in service["depends_on"]?.objectValue ?? [:] {
            facts.append("depends_on: \(name) (\(dependency["condition"]?.stringValue ?? ""))")
        }
        for kind in ["limits", "reservations"] {
            guard let limits = service["deploy"]?["resources"]?[kind] else { continue }
            facts.append("\(kind): \(limits["cpus"]?.stringValue ?? "") \(limits["memory"]?.stringValue ?? "")")
        }
        return facts
    }

    /// A list of texts.
    static func texts(_ value: JSONValue?) -> [String] { value?.arrayValue?.compactMap(\.stringValue) ?? [] }
}

/// The table of docs/architecture.md that maps the drawing to the compose file.
struct TopologyTable {
    struct Row {
        let drawn: String
        let facts: [String]
        let tests: [String]
    }

    let rows: [Row]

    static func read() throws -> TopologyTable {
        let lines = try ComposeFile.text("docs/architecture.md").split(separator: "\n")
        let start = lines.firstIndex { $0.hasPrefix("| drawn | in deploy/docker-compose.yml") } ?? lines.endIndex
        let rows = lines[start...].dropFirst(2).prefix { $0.hasPrefix("|") }.map { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            return Row(
                drawn: cells[1], facts: cells[2].matches(of: /`([^`]+)`/).map { String($0.1) },
                tests: cells[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
        }
        return TopologyTable(rows: rows)
    }

    /// What the rows say about health checks: part of the command by service.
    var healthChecks: [String: String] {
        var checks: [String: String] = [:]
        for fact in rows.flatMap(\.facts) {
            guard let match = fact.wholeMatch(of: /([a-z-]+)\.healthcheck: (.+)/) else { continue }
            checks[String(match.1)] = String(match.2)
        }
        return checks
    }

    /// Everything else that they say.
    var facts: Set<String> { Set(rows.flatMap(\.facts).filter { !$0.contains(".healthcheck: ") }) }
}
