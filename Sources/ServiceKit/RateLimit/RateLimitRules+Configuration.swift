package import Configuration
package import ConfigurationChecks
import Primitives

/// Settings of the limits, in calls per minute; 0 limits nothing.
extension RateLimitRules {
    private enum Settings {
        static let requests = Setting.integer(
            "RATE_LIMIT_REQUEST_CAP", default: 0, in: range, "All calls of one client address per minute; 0: no limit")
        static let address = limits("RATE_LIMIT_ADDRESS", "Calls per minute by class of one client address")
        static let caller = limits("RATE_LIMIT_CALLER", "Calls per minute by class of one user or API key")
        static let tenant = limits(
            "RATE_LIMIT_TENANT", default: [.write: 3000, .search: 6000], unset: "write=3000,search=6000",
            "Calls per minute by class of all users and keys of one tenant")
        static let failures = Setting.integer(
            "RATE_LIMIT_FAILURES", default: 6000, in: range,
            "Wrong credentials of one client address per minute; those for one account are a tenth of it; 0: no limit")
        static let file = Setting.optionalText(
            "RATE_LIMITS_FILE", values: "path of a file",
            "File with limits, also of plans, see [limits of calls](#limits-of-calls)")

        static let prefix = Setting.text(
            "RATE_LIMIT_KEY_PREFIX", default: "", "What the keys of limits in Redis begin with, after `rl:`")

        private static func limits(
            _ name: String, default defaults: [RateLimitClass: Int] = [:], unset: String? = nil, _ meaning: String
        ) -> Setting<Limits> {
            .parsed(
                name, default: Limits(defaults), unset: unset,
                values:
                    "calls per minute such as read=600,write=120 (\(RateLimitClass.names); 0 to \(range.upperBound))",
                meaning
            ) { calls($0).map { Limits($0) } }
        }
    }

    package static let configurationKeys = ConfigurationKeys(
        "limits of calls",
        [
            Settings.requests, Settings.address, Settings.caller, Settings.tenant, Settings.failures, Settings.file,
            Settings.prefix,
        ])

    /// What the keys of limits in Redis begin with.
    package static func keyPrefix(reader: ConfigReader) throws(ConfigurationFailure) -> String {
        try reader.value(Settings.prefix)
    }

    /// The limit of operations that strangers may call.
    package static let publicAttemptsSetting = Setting.integer(
        "PUBLIC_API_MAX_ATTEMPTS", default: 10, in: 1...range.upperBound,
        "Calls per minute of each operation for strangers by one client address, see [limits of calls](#limits-of-calls)"
    )

    /// The limit of callbacks.
    package static let callbackAttemptsSetting = Setting.integer(
        "WEBHOOK_API_MAX_ATTEMPTS", default: 60, in: 1...range.upperBound,
        "Callbacks per minute for one tenant from one client address, see [limits of calls](#limits-of-calls)")

    static let range = 0...1_000_000

    /// Reads the variables and the file.
    /// - Parameter hasAttempts: Whether the service has operations with the limits of ``publicAttemptsSetting`` and
    ///   ``callbackAttemptsSetting``.
    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    package init(reader: ConfigReader, hasAttempts: Bool = true) throws(ConfigurationFailure) {
        func limit(_ calls: Int) -> RateLimit? { calls > 0 ? RateLimit(limit: calls) : nil }
        self.init(
            requests: limit(try reader.value(Settings.requests)), address: try reader.value(Settings.address),
            caller: try reader.value(Settings.caller), tenant: try reader.value(Settings.tenant),
            failures: limit(try reader.value(Settings.failures)))
        if hasAttempts {
            publicAttempts = try reader.value(Self.publicAttemptsSetting)
            callbackAttempts = try reader.value(Self.callbackAttemptsSetting)
        }
        if let path = try reader.value(Settings.file) { try read(path) }
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
