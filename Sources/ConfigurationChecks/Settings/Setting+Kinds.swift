extension Setting where Value == Int {
    /// An integer within a range.
    package static func integer(
        _ name: String, default value: Int, in range: ClosedRange<Int>, _ meaning: String
    ) -> Setting {
        Setting(
            SettingDescription(name, values: range.expectation, unset: "\(value)", meaning, isLiteral: true),
            unset: value, parse: range.parse)
    }
}

extension Setting where Value == Int? {
    /// - Parameter unset: What an unset variable means.
    package static func optionalInteger(
        _ name: String, unset: String? = nil, in range: ClosedRange<Int>, _ meaning: String
    ) -> Setting {
        Setting(SettingDescription(name, values: range.expectation, unset: unset, meaning), unset: .some(nil)) {
            range.parse($0).map { .some($0) }
        }
    }
}

extension Setting where Value == Duration {
    /// A whole number of the unit at the end of the name: `MILLIS`, `SECONDS`, `HOURS` or `DAYS`.
    package static func duration(
        _ name: String, default value: Int, in range: ClosedRange<Int>, _ meaning: String
    ) -> Setting {
        let unit = DurationUnit(nameOfSetting: name)
        return Setting(
            SettingDescription(name, values: range.expectation, unset: "\(value)", meaning, isLiteral: true),
            unset: unit.length * value
        ) { range.parse($0).map { unit.length * $0 } }
    }
}

extension Setting where Value == Duration {
    /// A whole number of milliseconds, whatever the name says.
    package static func milliseconds(
        _ name: String, default value: Int, in range: ClosedRange<Int>, _ meaning: String
    ) -> Setting {
        Setting(
            SettingDescription(
                name, values: "\(range.expectation) (milliseconds)", unset: "\(value)", meaning, isLiteral: true),
            unset: .milliseconds(value)
        ) { range.parse($0).map { .milliseconds($0) } }
    }
}

extension Setting where Value == Duration? {
    /// - Parameter unset: What an unset variable means.
    package static func optionalDuration(
        _ name: String, unset: String? = nil, in range: ClosedRange<Int>, _ meaning: String
    ) -> Setting {
        let unit = DurationUnit(nameOfSetting: name)
        return Setting(SettingDescription(name, values: range.expectation, unset: unset, meaning), unset: .some(nil)) {
            range.parse($0).map { .some(unit.length * $0) }
        }
    }
}

extension Setting where Value == Bool {
    /// `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`, in any case.
    package static func flag(_ name: String, default value: Bool, _ meaning: String) -> Setting {
        Setting(
            SettingDescription(name, values: "true or false", unset: "\(value)", meaning, isLiteral: true),
            unset: value,
            parse: Bool.init(ofSetting:))
    }
}

extension Setting where Value == Bool? {
    /// - Parameter unset: What an unset variable means.
    package static func optionalFlag(_ name: String, unset: String? = nil, _ meaning: String) -> Setting {
        Setting(SettingDescription(name, values: "true or false", unset: unset, meaning), unset: .some(nil)) {
            Bool(ofSetting: $0).map { .some($0) }
        }
    }
}

extension Setting where Value == String {
    /// A text with a default.
    package static func text(
        _ name: String, default value: String, values: String = "text", _ meaning: String,
        isValid: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Setting {
        Setting(
            SettingDescription(
                name, values: values, unset: value.isEmpty ? nil : value, meaning, isLiteral: true), unset: value
        ) {
            isValid($0) ? $0 : nil
        }
    }

    /// A text that must be set.
    package static func required(
        _ name: String, values: String = "text", _ meaning: String,
        isValid: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Setting {
        Setting(
            SettingDescription(name, values: values, unset: nil, meaning, isRequired: true), unset: nil
        ) { isValid($0) ? $0 : nil }
    }
}

extension Setting where Value == String? {
    /// - Parameter unset: What an unset variable means.
    package static func optionalText(
        _ name: String, unset: String? = nil, values: String = "text", _ meaning: String,
        isValid: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Setting {
        Setting(SettingDescription(name, values: values, unset: unset, meaning), unset: .some(nil)) {
            isValid($0) ? .some($0) : nil
        }
    }

    /// A secret, in the variable or in the file that `NAME_FILE` names.
    package static func secret(
        _ name: String, unset: String? = nil, values: String = "text", _ meaning: String,
        isValid: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Setting {
        Setting(
            SettingDescription(name, values: values, unset: unset, meaning, isSecret: true), unset: .some(nil)
        ) { isValid($0) ? .some($0) : nil }
    }
}

extension Setting where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's raw values.
    package static func choice(_ name: String, default value: Value, _ meaning: String) -> Setting {
        Setting(
            SettingDescription(name, values: Value.expectation, unset: value.rawValue, meaning, isLiteral: true),
            unset: value,
            parse: { Value(rawValue: $0) })
    }
}

extension Setting {
    /// One of an enumeration's raw values, or nil.
    /// - Parameter unset: What an unset variable means.
    package static func optionalChoice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, unset: String? = nil, _ meaning: String
    ) -> Setting where Value == Choice?, Choice.RawValue == String {
        Setting(SettingDescription(name, values: Choice.expectation, unset: unset, meaning), unset: .some(nil)) {
            Choice(rawValue: $0).map { .some($0) }
        }
    }

    /// Anything else that a text can say.
    /// - Parameters:
    ///   - unset: What an unset variable means, as documents show it.
    ///   - values: What the text must be.
    ///   - isLiteral: Whether `unset` is a value that could be set as well.
    ///   - parse: nil for a text that the setting cannot have.
    package static func parsed(
        _ name: String, default value: Value, unset: String?, values: String, _ meaning: String, isSecret: Bool = false,
        isLiteral: Bool = false, _ parse: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        Setting(
            SettingDescription(name, values: values, unset: unset, meaning, isSecret: isSecret, isLiteral: isLiteral),
            unset: value, parse: parse)
    }
}

/// The unit in which a duration is set.
private enum DurationUnit: String, CaseIterable {
    case milliseconds = "MILLIS"
    case hours = "HOURS"
    case days = "DAYS"
    case seconds = "SECONDS"

    init(nameOfSetting name: String) {
        self = Self.allCases.first { name.hasSuffix("_\($0.rawValue)") } ?? .seconds
    }

    var length: Duration {
        switch self {
        case .milliseconds: .milliseconds(1)
        case .seconds: .seconds(1)
        case .hours: .seconds(3600)
        case .days: .seconds(86_400)
        }
    }
}
