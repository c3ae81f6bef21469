/// The tables of settings in docs/configuration.md, each between two comments: `<!-- settings: NAME -->` and
/// `<!-- end of settings -->`. What is around them is written by people.
package struct SettingsDocument: Sendable {
    /// Which services read a setting, by its name.
    package let services: [String: [String]]
    package let groups: [SettingGroup]

    /// - Parameter parts: The settings of each service, by the name that documents use.
    package init(_ parts: [(service: String, keys: ConfigurationKeys)]) {
        groups = ConfigurationKeys(combining: parts.map(\.keys)).groups
        services = parts.reduce(into: [:]) { services, part in
            for name in part.keys.names { services[name, default: []].append(part.service) }
        }
    }

    /// Why the document cannot be updated.
    package struct Outdated: Error, CustomStringConvertible {
        package let description: String
    }

    /// The document with its tables as they are now.
    /// - Throws: ``Outdated`` when a group has no place in it, or a place no group.
    package func updating(_ text: String) throws(Outdated) -> String {
        var result: [Substring] = []
        var isInside = false
        var found: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == Self.end { isInside = false }
            if !isInside { result.append(line) }
            guard let name = Self.group(line) else { continue }
            guard let group = groups.first(where: { $0.name == name }) else {
                throw Outdated(description: "there are no settings \"\(name)\"")
            }
            guard found.insert(name).inserted else {
                throw Outdated(description: "the settings \"\(name)\" stand twice in the document")
            }
            isInside = true
            result += table(group).map { $0[...] }
        }
        let missing = groups.map(\.name).filter { !found.contains($0) }
        guard missing.isEmpty else {
            throw Outdated(description: "the document has no place for the settings \(missing.joined(separator: ", "))")
        }
        return result.joined(separator: "\n")
    }

    private static let end: Substring = "<!-- end of settings -->"

    private static func group(_ line: Substring) -> String? {
        let (prefix, suffix) = ("<!-- settings: ", " -->")
        guard line.hasPrefix(prefix), line.hasSuffix(suffix) else { return nil }
        return String(line.dropFirst(prefix.count).dropLast(suffix.count))
    }

    private func table(_ group: SettingGroup) -> [String] {
        [
            "**\(group.name.prefix(1).uppercased())\(group.name.dropFirst())**", "",
            "| variable | default | values | read by | meaning |", "|---|---|---|---|---|",
        ]
            + group.settings.map { row($0.description) }
    }

    private func row(_ setting: SettingDescription) -> String {
        let unset = setting.isRequired ? "required" : setting.unset ?? "–"
        let values = setting.isSecret ? "\(setting.values) (secret)" : setting.values
        let readers = services[setting.name]?.joined(separator: ", ") ?? "–"
        let cells = ["`\(setting.name)`", unset, values, readers, setting.meaning]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}
