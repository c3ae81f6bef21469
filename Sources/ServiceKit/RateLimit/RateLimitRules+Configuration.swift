package import Configuration
package import ConfigurationChecks
import Primitives

/// Settings of the limits, in calls per minute; 0 limits nothing.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `RATE_LIMIT_REQUEST_CAP` | 0 … 1000000 | 0 | all calls of one client address |
/// | `RATE_LIMIT_ADDRESS` | | | calls of one client address: `read=600,write=120` |
/// | `RATE_LIMIT_CALLER` | | | calls of one user or API key |
/// | `RATE_LIMIT_TENANT` | | `write=3000,search=6000` | calls of all users and keys of a tenant |
/// | `RATE_LIMIT_FAILURES` | 0 … 1000000 | 6000 | wrong credentials of one client address |
/// | `PUBLIC_API_MAX_ATTEMPTS` | 1 … 1000000 | 10 | calls of an operation for strangers by one client address |
/// | `WEBHOOK_API_MAX_ATTEMPTS` | 1 … 1000000 | 60 | callbacks for one tenant from one client address |
/// | `RATE_LIMITS_FILE` | | | JSON: all of these, and the limits of plans |
extension RateLimitRules {
    package static let configurationKeys: ConfigurationKeys = [
        "RATE_LIMIT_REQUEST_CAP", "RATE_LIMIT_ADDRESS", "RATE_LIMIT_CALLER", "RATE_LIMIT_TENANT", "RATE_LIMIT_FAILURES",
        "RATE_LIMITS_FILE", "PUBLIC_API_MAX_ATTEMPTS", "WEBHOOK_API_MAX_ATTEMPTS",
    ]

    /// Reads `PUBLIC_API_MAX_ATTEMPTS`.
    package static func publicAttempts(reader: ConfigReader) throws(ConfigurationFailure) -> Int {
        try reader.integer("public.api.max.attempts", default: 10, in: 1...range.upperBound)
    }

    /// Reads `WEBHOOK_API_MAX_ATTEMPTS`.
    package static func callbackAttempts(reader: ConfigReader) throws(ConfigurationFailure) -> Int {
        try reader.integer("webhook.api.max.attempts", default: 60, in: 1...range.upperBound)
    }

    static let range = 0...1_000_000

    /// Reads the variables and the file.
    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        func limits(
            _ key: ConfigKey, default defaults: [RateLimitClass: Int] = [:]
        ) throws(ConfigurationFailure) -> Limits {
            guard let text = reader.text(key) else { return Limits(defaults) }
            guard let calls = Self.calls(text) else {
                throw key.failure(
                    text,
                    "calls per minute such as read=600,write=120 (\(RateLimitClass.names); 0 to \(Self.range.upperBound))"
                )
            }
            return Limits(calls)
        }
        func limit(_ calls: Int) -> RateLimit? { calls > 0 ? RateLimit(limit: calls) : nil }
        self.init(
            requests: limit(try reader.integer("rate.limit.request.cap", default: 0, in: Self.range)),
            address: try limits("rate.limit.address"), caller: try limits("rate.limit.caller"),
            tenant: try limits("rate.limit.tenant", default: [.write: 3000, .search: 6000]),
            failures: limit(try reader.integer("rate.limit.failures", default: 6000, in: Self.range)))
        publicAttempts = try Self.publicAttempts(reader: reader)
        callbackAttempts = try Self.callbackAttempts(reader: reader)
        if let path = reader.text("rate.limits.file") { try read(path) }
    }

    /// Reads `read=600,write=120`; nil when a class is unknown or named twice, or a number is out of range.
    static func calls(_ text: String) -> [RateLimitClass: Int]? {
        var calls: [RateLimitClass: Int] = [:]
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false).map { $0.trimmingSpaces() }
            guard parts.count == 2, let rateClass = RateLimitClass(rawValue: parts[0]), let count = Int(parts[1]),
                range.contains(count), calls.updateValue(count, forKey: rateClass) == nil
            else { return nil }
        }
        return calls
    }

    private mutating func read(_ path: String) throws(ConfigurationFailure) {
        let text = try SettingFile(path: path, variable: "RATE_LIMITS_FILE").content()
        do throws(ConfigurationFailure) {
            try merge(text)
        } catch {
            throw ConfigurationFailure(key: error.key, reason: "\(path): \(error.reason)")
        }
    }
}

extension RateLimitClass {
    /// For messages.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
