/// Settings that stand in one table.
package struct SettingGroup: Sendable {
    package let name: String
    package var settings: [any DescribedSetting]
    /// For settings that another table explains: their prefix, and what they are for. One row stands for all of them.
    let scope: Scope?

    struct Scope: Sendable {
        /// The beginning of all names: `MESSAGE_BUS_DB_`.
        let beginning: String
        /// The same without the prefix: `DB_`.
        let original: String
        let meaning: String
    }

    init(name: String, settings: [any DescribedSetting], scope: Scope? = nil) {
        self.name = name
        self.settings = settings
        self.scope = scope
    }

    /// The same settings under a prefix.
    func within(_ prefix: String, _ meaning: String) -> SettingGroup {
        let original = Self.commonBeginning(settings.map(\.description.name))
        return SettingGroup(
            name: "\(name) with the prefix \(prefix)_", settings: settings.map { $0.within(prefix) },
            scope: Scope(beginning: "\(prefix)_\(original)", original: original, meaning: meaning))
    }

    /// Up to an underscore.
    private static func commonBeginning(_ names: [String]) -> String {
        guard let first = names.first else { return "" }
        let common = names.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        guard let end = common.lastIndex(of: "_") else { return "" }
        return String(common[...end])
    }

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

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
