package import Configuration

/// The settings that a part of the program reads.
///
/// A type that reads settings lists them beside the code that reads them. Tests compare the lists with what is read and with
/// docs/configuration.md.
package struct ConfigurationKeys: Sendable, ExpressibleByArrayLiteral {
    /// The environment variables.
    package let names: Set<String>
    /// Those of ``names`` whose values can be in files that `NAME_FILE` names.
    package let secrets: Set<String>
    /// The settings that are described, as documents show them.
    package let groups: [SettingGroup]

    package init(_ names: Set<String>, secrets: Set<String> = [], groups: [SettingGroup] = []) {
        self.names = names.union(secrets)
        self.secrets = secrets
        self.groups = groups
    }

    package init(arrayLiteral names: String...) { self.init(Set(names)) }

    /// - Parameters:
    ///   - group: Name of the table in docs/configuration.md.
    ///   - settings: In the table's order.
    package init(_ group: String, _ settings: [any DescribedSetting]) {
        let descriptions = settings.map(\.description)
        self.init(
            Set(descriptions.map(\.name)), secrets: Set(descriptions.filter(\.isSecret).map(\.name)),
            groups: [SettingGroup(name: group, settings: settings)])
    }

    package init(combining parts: [ConfigurationKeys]) {
        self.init(
            parts.reduce(into: []) { $0.formUnion($1.names) },
            secrets: parts.reduce(into: []) { $0.formUnion($1.secrets) },
            groups: SettingGroup.combined(parts.flatMap(\.groups)))
    }

    /// Every variable that may be set: the names, and those of the files of secrets.
    package var variables: Set<String> { names.union(secrets.map { "\($0)_FILE" }) }

    /// The same settings under a prefix: `DB_HOST` within `MESSAGE_BUS` is `MESSAGE_BUS_DB_HOST`.
    package func within(_ prefix: String) -> ConfigurationKeys {
        ConfigurationKeys(
            Set(names.map { "\(prefix)_\($0)" }), secrets: Set(secrets.map { "\(prefix)_\($0)" }),
            groups: groups.map { group in
                SettingGroup(
                    name: "\(prefix.lowercased()) \(group.name)", settings: group.settings.map { $0.within(prefix) })
            })
    }

    /// Checks every described setting by itself, so that a person sees all mistakes at once.
    /// - Throws: ``ConfigurationFailure`` with every mistake.
    package func check(_ reader: ConfigReader) throws(ConfigurationFailure) {
        var mistakes = ConfigurationMistakes()
        for setting in groups.flatMap(\.settings) {
            _ = mistakes.read { () throws(ConfigurationFailure) in try setting.check(reader) }
        }
        try mistakes.check()
    }
}

/// Settings that stand in one table.
package struct SettingGroup: Sendable {
    package let name: String
    package var settings: [any DescribedSetting]

    /// Groups of the same name become one, in which each setting stands once.
    static func combined(_ groups: [SettingGroup]) -> [SettingGroup] {
        groups.reduce(into: []) { combined, group in
            guard let index = combined.firstIndex(where: { $0.name == group.name }) else {
                combined.append(group)
                return
            }
            let known = Set(combined[index].settings.map(\.description.name))
            combined[index].settings += group.settings.filter { !known.contains($0.description.name) }
        }
    }
}
