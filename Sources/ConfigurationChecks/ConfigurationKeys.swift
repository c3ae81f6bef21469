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
    private let checks: [Check]

    /// Finds out whether settings can be used together.
    package typealias Check = @Sendable (ConfigReader) throws(ConfigurationFailure) -> Void

    package init(_ names: Set<String>, secrets: Set<String> = []) {
        self.init(names, secrets: secrets, groups: [], checks: [])
    }

    private init(_ names: Set<String>, secrets: Set<String>, groups: [SettingGroup], checks: [Check]) {
        self.names = names.union(secrets)
        self.secrets = secrets
        self.groups = groups
        self.checks = checks
    }

    package init(arrayLiteral names: String...) { self.init(Set(names)) }

    /// - Parameters:
    ///   - group: Name of the table in docs/configuration.md.
    ///   - settings: In the table's order.
    package init(_ group: String, _ settings: [any DescribedSetting]) {
        let descriptions = settings.map(\.description)
        self.init(
            Set(descriptions.map(\.name)), secrets: Set(descriptions.filter(\.isSecret).map(\.name)),
            groups: [SettingGroup(name: group, settings: settings)], checks: [])
    }

    package init(combining parts: [ConfigurationKeys]) {
        self.init(
            parts.reduce(into: []) { $0.formUnion($1.names) },
            secrets: parts.reduce(into: []) { $0.formUnion($1.secrets) },
            groups: SettingGroup.combined(parts.flatMap(\.groups)), checks: parts.flatMap(\.checks))
    }

    /// These settings with a check of what must hold for several of them together, or for the file that one of them names.
    package func checking(_ check: @escaping Check) -> ConfigurationKeys {
        ConfigurationKeys(names, secrets: secrets, groups: groups, checks: checks + [check])
    }

    /// Every variable that may be set: the names, and those of the files of secrets.
    package var variables: Set<String> { names.union(secrets.map { "\($0)_FILE" }) }

    /// The same settings under a prefix: `DB_HOST` within `MESSAGE_BUS` is `MESSAGE_BUS_DB_HOST`. Their checks are left out:
    /// only the code that uses settings with a prefix knows whether they are used.
    /// - Parameter meaning: What they are for, in the row that stands for all of them in docs/configuration.md.
    package func within(_ prefix: String, _ meaning: String = "") -> ConfigurationKeys {
        ConfigurationKeys(
            Set(names.map { "\(prefix)_\($0)" }), secrets: Set(secrets.map { "\(prefix)_\($0)" }),
            groups: groups.map { $0.within(prefix, meaning) }, checks: [])
    }

    /// Checks every described setting by itself, and what must hold for several of them, so that a person sees all mistakes at
    /// once.
    /// - Parameter together: False for a program that binds parts of its own, which need no settings: then only single values
    ///   are checked here.
    /// - Throws: ``ConfigurationFailure`` with every mistake.
    package func check(_ reader: ConfigReader, together: Bool = true) throws(ConfigurationFailure) {
        var mistakes = ConfigurationMistakes()
        for setting in groups.flatMap(\.settings) where !setting.description.isLenient {
            _ = mistakes.read { () throws(ConfigurationFailure) in try setting.check(reader) }
        }
        for check in checks where together {
            _ = mistakes.read { () throws(ConfigurationFailure) in try check(reader) }
        }
        try mistakes.check()
    }
}
