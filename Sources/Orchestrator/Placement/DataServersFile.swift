import Configuration
import ConfigurationChecks
import JSONCoding
import PostgresClient

/// Reads `DATA_SERVERS_FILE`: `{"servers": [{"name": "eu-1", "host": "10.0.0.1", "user": …, "database": …, …}]}`.
///
/// Everything in the file is checked, and the error names every problem, by file, entry and field. Values, which may be
/// secrets, never show.
struct DataServersFile: Sendable {
    static let variable = "DATA_SERVERS_FILE"

    static let setting = Setting.optionalText(
        variable, values: "path of a file",
        "The data servers, see below; without it there is one, `default`, given by `PROVISIONER_DB_*`")
    /// Most servers of a file.
    static let maximumServers = 1000

    let path: String
    /// Reads the passwords that the file refers to.
    let reader: ConfigReader

    /// - Throws: ``ConfigurationFailure`` with all problems.
    func load() throws(ConfigurationFailure) -> [DataServer] {
        try parse(try file.content())
    }

    /// Reads the text of the file.
    /// - Throws: ``ConfigurationFailure`` with all problems.
    func parse(_ text: [UInt8]) throws(ConfigurationFailure) -> [DataServer] {
        let value: JSONValue
        do {
            // The second of two members of one name would silently replace the first one.
            value = try JSONValue.parse(text, limits: JSONLimits(allowsRepeatedKeys: false))
        } catch { throw failure("is not valid JSON: \(error)") }
        guard let object = value.objectValue, object.keys == ["servers"], let entries = value["servers"]?.arrayValue,
            !entries.isEmpty
        else {
            throw failure(#"must be an object with the only member "servers", a list with at least one server"#)
        }
        guard entries.count <= Self.maximumServers else {
            throw failure("has more than \(Self.maximumServers) servers")
        }
        var problems: [String] = []
        var servers: [DataServer] = []
        for (index, value) in entries.enumerated() {
            var entry = DataServerEntry(value, number: index + 1, reader: reader)
            let server = entry.server()
            problems += entry.problems
            guard let server else { continue }
            if servers.contains(where: { $0.name == server.name }) {
                problems.append(#"server "\#(server.name)", field name: another server has the same name"#)
            }
            if servers.contains(where: { $0.address == server.address }) {
                problems.append(#"server "\#(server.name)", field host: another server has the same host and port"#)
            }
            servers.append(server)
        }
        guard problems.isEmpty else { throw failure("has problems: \(problems.joined(separator: "; "))") }
        return servers
    }

    private var file: SettingFile { SettingFile(path: path, variable: Self.variable) }

    private func failure(_ problem: String) -> ConfigurationFailure { file.failure(problem) }
}
