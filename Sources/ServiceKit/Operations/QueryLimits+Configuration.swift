package import Configuration
package import ConfigurationChecks
package import Entities

extension QueryLimits {
    private enum Settings {
        static let defaultLimit = Setting.integer(
            "QUERY_DEFAULT_LIMIT", default: 100, in: 0...1_000_000,
            "Rows of a list that names no limit; 0 means no limit, as in the original")
        static let maximumLimit = Setting.integer(
            "QUERY_MAXIMUM_LIMIT", default: 1000, in: 0...1_000_000, "Most rows of a list; 0 means no limit")
        static let includeLimit = Setting.integer(
            "QUERY_INCLUDE_LIMIT", default: 100, in: 0...1_000_000,
            "Rows of an included list for each parent, unless the filter has a limit; 0 means the maximum")
        static let maximumRows = Setting.integer(
            "QUERY_MAXIMUM_ROWS", default: 250_000, in: 0...100_000_000,
            "Rows that a list with its included lists may have according to their limits; otherwise 400; 0 means no limit"
        )
    }

    package static let configurationKeys = ConfigurationKeys(
        "lists", [Settings.defaultLimit, Settings.maximumLimit, Settings.includeLimit, Settings.maximumRows])

    /// Reads the settings.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init()
        defaultLimit = try reader.value(Settings.defaultLimit)
        maximumLimit = try reader.value(Settings.maximumLimit)
        defaultIncludeLimit = try reader.value(Settings.includeLimit)
        maximumRows = try reader.value(Settings.maximumRows)
    }
}
