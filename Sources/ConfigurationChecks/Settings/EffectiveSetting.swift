import Configuration

/// A setting as a configuration has it.
package struct EffectiveSetting: Sendable {
    package let name: String
    /// The value; of a secret only that there is one; nil when nothing sets it and it has no default.
    package let value: String?
    /// Where the value comes from; nil when nothing sets it.
    package let source: String?
    /// What is wrong with the value.
    package let problem: String?

    /// All settings of a list by their names.
    /// - Parameter sources: Highest precedence first.
    package static func all(
        of keys: ConfigurationKeys, in sources: [EnvironmentReader.Source]
    ) -> [EffectiveSetting] {
        let described = Dictionary(
            keys.groups.flatMap(\.settings).map { ($0.description.name, $0) }, uniquingKeysWith: { first, _ in first })
        let mistakes = mistakes(keys, sources)
        return keys.names.sorted().map { name in
            let description =
                described[name]?.description
                ?? SettingDescription(
                    name, values: "text", unset: nil, "", isSecret: keys.secrets.contains(name))
            return EffectiveSetting(
                description, described[name], sources, mistake: mistakes[name] ?? mistakes["\(name)_FILE"])
        }
    }

    /// What keeps a service from starting, by the names of variables: also what is missing, and what contradicts other settings.
    private static func mistakes(
        _ keys: ConfigurationKeys, _ sources: [EnvironmentReader.Source]
    ) -> [String: String] {
        let reader = ConfigReader(providers: sources.map(\.provider))
        do throws(ConfigurationFailure) { try keys.check(reader) } catch {
            return Dictionary(error.parts.map { ($0.key, $0.description) }, uniquingKeysWith: { first, _ in first })
        }
        return [:]
    }

    private init(
        _ description: SettingDescription, _ setting: (any DescribedSetting)?, _ sources: [EnvironmentReader.Source],
        mistake: String?
    ) {
        name = description.name
        // The file of a secret wins wherever it is named.
        let places = description.isSecret ? Self.fileSources(description, sources) + sources : sources
        var found: (text: String, source: String)?
        var problem: String?
        for source in places where found == nil && problem == nil {
            do throws(ConfigurationFailure) {
                if let text = try description.text(in: source.reader) { found = (text, source.name) }
                if found != nil { try setting?.check(source.reader) }
            } catch {
                problem = error.description
                if found == nil { found = ("", source.name) }
            }
        }
        self.problem = problem ?? mistake
        source = found?.source
        value = description.isSecret ? found.map { _ in "(hidden)" } : found?.text.withoutPasswords ?? description.unset
    }

    /// The sources that name a file with the secret.
    private static func fileSources(
        _ description: SettingDescription, _ sources: [EnvironmentReader.Source]
    ) -> [EnvironmentReader.Source] {
        let key = ConfigKey(description.key.components + ["file"])
        return sources.filter { $0.reader.text(key) != nil }
    }

    /// One line for each setting, in columns.
    package static func table(_ settings: [EffectiveSetting]) -> [String] {
        let rows = settings.map {
            [$0.name, $0.value ?? "–", $0.source ?? "default", $0.problem.map { "! \($0)" } ?? ""]
        }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, min(width, 60) - cell.count))
            }
            return (cells + [row[3]]).joined(separator: "  ").trimmingEnd()
        }
    }
}

extension String {
    fileprivate func trimmingEnd() -> String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
