import Configuration
import ConfigurationChecks
import JSONCoding
import PostgresClient

/// One entry of a data servers file, whose fields are checked one by one.
struct DataServerEntry {
    private static let fields = [
        "name", "host", "port", "user", "passwordFile", "passwordVariable", "database", "sslmode", "sslrootcert",
        "sslcert", "sslkey",
        "connections", "connectionTimeoutMillis", "capacity", "labels", "drained",
    ]

    private let object: JSONObject
    private let place: String
    private let reader: ConfigReader
    /// What is wrong, each with the entry and the field.
    private(set) var problems: [String] = []

    init(_ value: JSONValue, number: Int, reader: ConfigReader) {
        object = value.objectValue ?? [:]
        place = (object["name"]?.stringValue).map { #"server "\#($0.prefix(63))""# } ?? "server \(number)"
        self.reader = reader
        if value.objectValue == nil { problems.append("\(place): must be an object") }
    }

    /// The server; nil when there are problems.
    mutating func server() -> DataServer? {
        guard problems.isEmpty else { return nil }
        for field in object.keys where !Self.fields.contains(field) {
            let advice =
                field == "password"
                ? "a password must not be in the file; use passwordFile or passwordVariable"
                : "is unknown; write one of \(Self.fields.joined(separator: ", "))"
            problem(field, advice)
        }
        let name = text("name") ?? ""
        if !Self.isName(name) {
            problem("name", "must be 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit")
        }
        let host = required("host", "the name or address of the server")
        if host.contains(",") { problem("host", "must be one host; several are not several servers") }
        let user = required("user", "the role with CREATEDB and CREATEROLE")
        let database = required("database", "the shared database of the server, which that role owns")
        let port = integer("port", in: 1...65_535) ?? 5432
        var configuration = PostgresConfiguration(
            host: host, port: "\(port)", user: user, password: password(), database: database,
            tlsMode: tlsMode(), rootCertificate: text("sslrootcert"), clientCertificate: pemFile("sslcert"),
            clientKey: pemFile("sslkey"), applicationName: "arc-provisioner",
            maximumConnections: integer("connections", in: 1...1000) ?? 10)
        if (configuration.clientCertificate == nil) != (configuration.clientKey == nil) {
            problem("sslcert", "and sslkey belong together")
        }
        configuration.tlsVariables = TLSVariables(
            authority: "sslrootcert", certificate: "sslcert", name: "host", mode: "sslmode")
        configuration.connectionTimeout = .milliseconds(integer("connectionTimeoutMillis", in: 1...600_000) ?? 2000)
        // Creating a database takes seconds where other statements take milliseconds.
        configuration.statementTimeout = .seconds(60)
        configuration.lockTimeout = .seconds(30)
        let server = DataServer(
            name: name, configuration: configuration, capacity: capacity(), labels: labels(), isDrained: isDrained())
        return problems.isEmpty ? server : nil
    }

    private static func isName(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: "-")
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    // MARK: Fields

    private mutating func password() -> String? {
        let (path, variable) = (text("passwordFile"), text("passwordVariable"))
        if path != nil, variable != nil {
            problem("passwordFile", "must not be there beside passwordVariable")
            return nil
        }
        if let path {
            do throws(ConfigurationFailure) {
                return try SecretFile(path: path, variable: "passwordFile").content()
            } catch {
                problem("passwordFile", error.reason)
                return nil
            }
        }
        guard let variable else { return nil }
        guard variable.utf8.allSatisfy({ $0 == 0x5F || Self.isUpperCaseOrDigit($0) }) else {
            problem("passwordVariable", "must be the name of an environment variable, in upper case")
            return nil
        }
        do throws(ConfigurationFailure) {
            if let password = try reader.secret(ConfigKey(environmentName: variable)) { return password }
            problem("passwordVariable", "\(variable) is not set")
        } catch {
            problem("passwordVariable", error.reason)
        }
        return nil
    }

    private mutating func pemFile(_ field: String) -> String? {
        guard let path = text(field) else { return nil }
        do throws(ConfigurationFailure) { try PEMFile(path: path, variable: field).check() } catch {
            problem(field, error.reason)
        }
        return path
    }

    private static func isUpperCaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func tlsMode() -> PostgresConfiguration.TLSMode {
        guard let text = text("sslmode") else { return .prefer }
        if let mode = PostgresConfiguration.TLSMode(rawValue: text) { return mode }
        let names = PostgresConfiguration.TLSMode.allCases.map(\.rawValue).joined(separator: ", ")
        problem("sslmode", "must be one of \(names)")
        return .prefer
    }

    private mutating func capacity() -> DataServer.Capacity {
        guard let value = object["capacity"] else { return DataServer.Capacity() }
        guard let members = value.objectValue, !members.isEmpty,
            members.keys.allSatisfy({ $0 == "tenants" || $0 == "bytes" })
        else {
            problem("capacity", #"must be an object with "tenants" or "bytes" or both"#)
            return DataServer.Capacity()
        }
        var capacity = DataServer.Capacity()
        if let value = members["tenants"] {
            capacity.tenants = value.intValue.flatMap { (0...100_000_000).contains($0) ? $0 : nil }
            if capacity.tenants == nil { problem("capacity.tenants", "must be a whole number from 0 to 100000000") }
        }
        if let value = members["bytes"] {
            capacity.bytes = value.intValue.flatMap { $0 >= 0 ? Int64($0) : nil }
            if capacity.bytes == nil { problem("capacity.bytes", "must be a whole number from 0") }
        }
        return capacity
    }

    private mutating func labels() -> [String: Set<String>] {
        guard let value = object["labels"] else { return [:] }
        guard let members = value.objectValue, members.count <= 20 else {
            problem("labels", #"must be an object of at most 20 labels, such as {"region": "eu", "tier": ["BASIC"]}"#)
            return [:]
        }
        var labels: [String: Set<String>] = [:]
        for (name, value) in members {
            let texts = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue) ?? []
            let isWhole = value.arrayValue.map { $0.count == texts.count } ?? true
            guard !name.isEmpty, isWhole, (1...100).contains(texts.count), texts.allSatisfy({ !$0.isEmpty }) else {
                problem("labels.\(name)", "must be a text or a list of 1 to 100 texts")
                continue
            }
            labels[name] = Set(name == "tier" ? texts.map { $0.uppercased() } : texts)
        }
        return labels
    }

    private mutating func isDrained() -> Bool {
        guard let value = object["drained"] else { return false }
        guard let isDrained = value.boolValue else {
            problem("drained", "must be true or false")
            return false
        }
        return isDrained
    }

    private mutating func required(_ field: String, _ what: String) -> String {
        if let text = text(field) { return text }
        if object[field] == nil { problem(field, "is missing: \(what)") }
        return ""
    }

    private mutating func text(_ field: String) -> String? {
        guard let value = object[field] else { return nil }
        guard let text = value.stringValue, (1...1000).contains(text.utf8.count), !text.utf8.contains(0) else {
            problem(field, "must be a text of 1 to 1000 bytes")
            return nil
        }
        return text
    }

    private mutating func integer(_ field: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = object[field] else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            problem(field, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    private mutating func problem(_ field: String, _ reason: String) {
        problems.append("\(place), field \(field): \(reason)")
    }
}
