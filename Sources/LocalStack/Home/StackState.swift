private import Primitives

/// What must not change between starts: ports of the private servers, generated secrets, the data folder.
package struct StackState: Sendable, Hashable {
    /// Port of the private PostgreSQL on 127.0.0.1.
    package var postgresPort: UInt16
    /// Port of the private Redis on 127.0.0.1.
    package var redisPort: UInt16
    /// Folder of the servers' data, recorded because it may be outside the home.
    package var dataFolder: String
    /// HS256 secret of the services' tokens.
    package var jwtSecret: String
    /// Encrypts what is stored; nil for a stack of an earlier version, in which `jwtSecret` does.
    package var dataEncryptionKey: String?
    /// Audit identity of the system, a UUID.
    package var systemUserID: String
    /// Password of Redis.
    package var redisPassword: String
    /// Password of each database role, by the role's name; the superuser `postgres` among them.
    package var databasePasswords: [String: String]

    /// A new stack: new secrets of 256 random bits each.
    package init(postgresPort: UInt16, redisPort: UInt16, dataFolder: String) {
        self.postgresPort = postgresPort
        self.redisPort = redisPort
        self.dataFolder = dataFolder
        jwtSecret = SecureRandom.hex(bytes: 32)
        dataEncryptionKey = SecureRandom.hex(bytes: 32)
        systemUserID = Identifier.v4().description
        redisPassword = SecureRandom.hex(bytes: 32)
        databasePasswords = [:]
        addMissingPasswords()
    }

    /// Generates a password for every role without one: a new version may add roles to an existing home.
    package mutating func addMissingPasswords() {
        for role in [DatabasePlan.superuser] + DatabasePlan.roles.map(\.name) where databasePasswords[role] == nil {
            databasePasswords[role] = SecureRandom.hex(bytes: 24)
        }
    }

    /// The password of a role; empty for an unknown role, which no server accepts.
    package func password(of role: String) -> String { databasePasswords[role] ?? "" }
}

extension StackState {
    /// The state file's text: `NAME=value` lines.
    package var text: String {
        var lines = [
            "# Written by `arc up`: ports and generated secrets of this stack. Keep it private; data needs it.",
            "POSTGRES_PORT=\(postgresPort)",
            "REDIS_PORT=\(redisPort)",
            "DATA_FOLDER=\(dataFolder)",
            "JWT_SECRET=\(jwtSecret)",
            "SYSTEM_USER_ID=\(systemUserID)",
            "REDIS_PASSWORD=\(redisPassword)",
        ]
        if let dataEncryptionKey { lines.append("DATA_ENCRYPTION_KEY=\(dataEncryptionKey)") }
        for (role, password) in databasePasswords.sorted(by: { $0.key < $1.key }) {
            lines.append("\(role.uppercased())_DB_PASSWORD=\(password)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads a state file's text.
    /// - Throws: `.stateFile`, never with a value in it.
    package init(text: String, path: String) throws(LocalStackError) {
        var values: [Substring: Substring] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw .stateFile(path: path, reason: "line \(number + 1) is not NAME=value")
            }
            values[line[..<equals]] = line[line.index(after: equals)...]
        }
        func value(_ name: Substring) throws(LocalStackError) -> String {
            guard let value = values[name], !value.isEmpty else {
                throw .stateFile(path: path, reason: "\(name) is missing")
            }
            return String(value)
        }
        func port(_ name: Substring) throws(LocalStackError) -> UInt16 {
            guard let port = UInt16(try value(name)), port > 0 else {
                throw .stateFile(path: path, reason: "\(name) is not a port")
            }
            return port
        }
        postgresPort = try port("POSTGRES_PORT")
        redisPort = try port("REDIS_PORT")
        dataFolder = try value("DATA_FOLDER")
        jwtSecret = try value("JWT_SECRET")
        dataEncryptionKey = values["DATA_ENCRYPTION_KEY"].flatMap { $0.isEmpty ? nil : String($0) }
        systemUserID = try value("SYSTEM_USER_ID")
        redisPassword = try value("REDIS_PASSWORD")
        databasePasswords = [:]
        for (name, value) in values where name.hasSuffix("_DB_PASSWORD") {
            databasePasswords[name.dropLast("_DB_PASSWORD".count).lowercased()] = String(value)
        }
        addMissingPasswords()
    }
}
