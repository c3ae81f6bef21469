package import Configuration
package import ConfigurationChecks
import JSONCoding

/// Reads `ROLES_FILE`:
/// `{"roles": [{"name": "Auditor", "audience": "operator", "permissions": ["10207"], "description": "Reads"}]}`.
///
/// Everything in the file is checked, and the error names every problem, by file, entry and member.
package struct RolesFile: Sendable {
    package static let variable = "ROLES_FILE"
    private static let setting = Setting.optionalText(
        variable, values: "path of a file", "Own roles from a JSON file, see [roles](#roles)")

    package static let configurationKeys = ConfigurationKeys("tokens", [setting])
        .checking { (reader) throws(ConfigurationFailure) in _ = try roles(reader: reader) }

    /// Most roles of a file.
    package static let maximumRoles = 500
    private static let members: Set<String> = ["name", "audience", "permissions", "description"]

    let path: String

    /// The roles of the file that a configuration names; none without a file.
    /// - Throws: `ConfigurationFailure` with all problems.
    package static func roles(reader: ConfigReader) throws(ConfigurationFailure) -> [Role] {
        guard let path = try reader.value(setting) else { return [] }
        return try RolesFile(path: path).load()
    }

    package init(path: String) {
        self.path = path
    }

    /// Reads the file.
    /// - Throws: `ConfigurationFailure` with all problems.
    package func load() throws(ConfigurationFailure) -> [Role] {
        try parse(try file.content())
    }

    /// Reads the text of the file.
    /// - Throws: `ConfigurationFailure` with all problems.
    package func parse(_ text: [UInt8]) throws(ConfigurationFailure) -> [Role] {
        let value: JSONValue
        do {
            value = try JSONValue.parse(text, limits: JSONLimits(allowsRepeatedKeys: false))
        } catch {
            throw failure("is not valid JSON: \(error)")
        }
        guard let object = value.objectValue, object.keys == ["roles"], let entries = value["roles"]?.arrayValue else {
            throw failure(#"must be an object with the only member "roles", a list"#)
        }
        guard entries.count <= Self.maximumRoles else { throw failure("has more than \(Self.maximumRoles) roles") }
        var problems: [String] = []
        var roles: [Role] = []
        var taken: Set<String> = []
        for (index, entry) in entries.enumerated() {
            var found: [String] = []
            if let role = Self.role(entry, problems: &found) {
                if !taken.insert(role.name.lowercased()).inserted { found.append("member name: another role has it") }
                roles.append(role)
            }
            problems += found.map { "role \(index + 1), \($0)" }
        }
        guard problems.isEmpty else { throw failure("has problems: \(problems.joined(separator: "; "))") }
        return roles
    }

    private static func role(_ entry: JSONValue, problems: inout [String]) -> Role? {
        guard let members = entry.objectValue else {
            problems.append("must be an object")
            return nil
        }
        for name in members.keys where !Self.members.contains(name) {
            problems.append("member \(name.prefix(100)): is not known")
        }
        let name = members["name"]?.stringValue ?? ""
        if !Role.isName(name) {
            problems.append("member name: must match \(Role.namePattern)")
        } else if Role.isReserved(name) {
            problems.append("member name: \(name) is the name of a built-in role, or has a meaning of its own")
        }
        let audience = members["audience"]?.stringValue.flatMap(Role.Audience.init)
        if audience == nil {
            let allowed = Role.Audience.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
            problems.append("member audience: must be \(allowed)")
        }
        var description = ""
        if let value = members["description"] {
            if let text = value.stringValue, text.unicodeScalars.count <= Role.maximumDescriptionLength {
                description = text
            } else {
                problems.append(
                    "member description: must be a text of at most \(Role.maximumDescriptionLength) characters")
            }
        }
        let permissions = permissions(members["permissions"], problems: &problems)
        guard let audience, Role.isName(name) else { return nil }
        return Role(name, audience, permissions: permissions, description: description)
    }

    private static func permissions(_ value: JSONValue?, problems: inout [String]) -> Set<String> {
        guard let list = value?.arrayValue else {
            problems.append("member permissions: must be a list of codes")
            return []
        }
        var permissions: Set<String> = []
        for (index, item) in list.enumerated() {
            guard let code = item.stringValue, PermissionCatalog.isKnown(code) else {
                problems.append("member permissions, item \(index + 1): is no permission code")
                continue
            }
            if !permissions.insert(code).inserted {
                problems.append("member permissions, item \(index + 1): is in the list already")
            }
        }
        return permissions
    }

    private var file: SettingFile { SettingFile(path: path, variable: Self.variable) }

    private func failure(_ problem: String) -> ConfigurationFailure { file.failure(problem) }
}
