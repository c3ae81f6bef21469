/// The tables of settings in docs/configuration.md, each between two comments: `<!-- settings: NAME -->` and
/// `<!-- end of settings -->`. What is around them is written by people.
package struct SettingsDocument: Sendable {
    package let groups: [SettingGroup]
    /// Who reads a setting of a group.
    private let places: [Place: [String]]
    private let services: [String]

    private struct Place: Hashable {
        let group: String
        let setting: String
    }

    /// - Parameters:
    ///   - parts: The settings of each service, by the name that documents use.
    ///   - programs: Those of what is no service.
    package init(
        _ parts: [(service: String, keys: ConfigurationKeys)],
        programs: [(name: String, keys: ConfigurationKeys)] = []
    ) {
        let all = parts.map { ($0.service, $0.keys) } + programs.map { ($0.name, $0.keys) }
        services = parts.map(\.service)
        groups = ConfigurationKeys(combining: all.map(\.1)).groups
        places = all.reduce(into: [:]) { places, part in
            for group in part.1.groups {
                for setting in group.settings {
                    let place = Place(group: group.name, setting: setting.description.name)
                    if places[place]?.last != part.0 { places[place, default: []].append(part.0) }
                }
            }
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
        ] + (group.scope.map { [row($0, of: group)] } ?? group.settings.map { row($0.description, of: group) })
    }

    private func row(_ setting: SettingDescription, of group: SettingGroup) -> String {
        let unset = setting.isRequired ? "required" : setting.unset ?? "–"
        let values = setting.isSecret ? "\(setting.values) (secret)" : setting.values
        return row(["`\(setting.name)`", unset, values, readers(of: setting, in: group), setting.meaning])
    }

    /// One row for all settings that another table explains.
    private func row(_ scope: SettingGroup.Scope, of group: SettingGroup) -> String {
        let services = group.settings.first.map { readers(of: $0.description, in: group) } ?? "–"
        let same = "as `\(scope.original)*`"
        return row(["`\(scope.beginning)*`", same, same, services, scope.meaning])
    }

    private func readers(of setting: SettingDescription, in group: SettingGroup) -> String {
        let readers = places[Place(group: group.name, setting: setting.name)] ?? []
        // A list of all of them says less than a word.
        return readers.count > 2 && readers == services ? "all" : readers.joined(separator: ", ")
    }

    private func row(_ cells: [String]) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}
