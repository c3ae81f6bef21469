package import Configuration
package import ConfigurationChecks
package import Entities

extension QueryLimits {
    package static let configurationKeys: ConfigurationKeys = [
        "QUERY_DEFAULT_LIMIT", "QUERY_MAXIMUM_LIMIT", "QUERY_INCLUDE_LIMIT", "QUERY_MAXIMUM_ROWS",
    ]

    /// Reads `QUERY_DEFAULT_LIMIT` (rows of a list that names no limit) and `QUERY_MAXIMUM_LIMIT` (most rows of a list),
    /// each 0...1000000 with 0 for no bound, as in the original; defaults 100 and 1000; `QUERY_INCLUDE_LIMIT` (rows of an
    /// included list that names no limit, for each parent; 0...1000000, default 100, 0 for the largest limit) and
    /// `QUERY_MAXIMUM_ROWS` (rows that a list and all that it includes may have by their limits; 0...100000000, default
    /// 250000, 0 for no bound).
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init()
        defaultLimit = try reader.integer("query.default.limit", default: 100, in: 0...1_000_000)
        maximumLimit = try reader.integer("query.maximum.limit", default: 1000, in: 0...1_000_000)
        defaultIncludeLimit = try reader.integer("query.include.limit", default: 100, in: 0...1_000_000)
        maximumRows = try reader.integer("query.maximum.rows", default: 250_000, in: 0...100_000_000)
    }
}
