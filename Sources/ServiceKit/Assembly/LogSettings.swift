package import Configuration
package import ConfigurationChecks
package import Logging

/// The settings of the log of a service. They are read before all others, so that what is wrong with those can be logged.
package struct LogSettings: Sendable {
    /// A value that is not usable; the default is used instead.
    package struct Problem: Sendable {
        package let variable: String
        package let reason: String
    }

    package static let levelSetting = Setting<Logger.Level>.parsed(
        "LOG_LEVEL", default: .info, unset: "info",
        values: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))",
        "What is logged at least ([logging](logging.md))", isLiteral: true
    ) { Logger.Level(rawValue: $0.lowercased()) }
    static let formatSetting = Setting<Bool>.parsed(
        "LOG_FORMAT", default: false, unset: "json", values: "json, or text for people", "How lines of the log look",
        isLiteral: true
    ) { text in ["text": true, "json": false][text.lowercased()] }.lenient()
    static let repeatLimitSetting = Setting.integer(
        "LOG_REPEAT_LIMIT", default: 50, in: 0...1_000_000,
        "How often the log has the same message within ten seconds; errors ten times as often. A line says how many were left out. 0: no limit"
    ).lenient()

    package private(set) var level = Logger.Level.info
    package private(set) var isReadable = false
    package private(set) var repeatLimit = 50
    package private(set) var problems: [Problem] = []

    /// Never fails, so that there is always a log: the service itself refuses an unknown level.
    package init(_ reader: ConfigReader) {
        var problems: [Problem] = []
        func value<Value>(_ setting: Setting<Value>) -> Value? {
            try? setting.value(in: reader) { problems.append(Problem(variable: $0, reason: $1)) }
        }
        if let level = try? reader.value(Self.levelSetting) { self.level = level }
        if let isReadable = value(Self.formatSetting) { self.isReadable = isReadable }
        if let limit = value(Self.repeatLimitSetting) { repeatLimit = limit }
        self.problems = problems
    }
}
