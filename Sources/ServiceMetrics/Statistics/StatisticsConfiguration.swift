import Configuration
import ConfigurationChecks
import ServiceKit

/// Where statistics are served as the original does it.
struct StatisticsConfiguration: Sendable {
    /// Nil if the original's path is not served.
    let path: String?
    let credentials: BasicCredentials?

    private static let minimumPasswordLength = 12
    private static let maximumPathLength = 64

    private enum Settings {
        static let isEnabled = Setting.flag(
            "ENABLE_OBF", default: false,
            "Serves the statistics of requests where the original has them: a page at `OBF_PATH`, the figures at `/stats` below it, metrics under the names of swagger-stats at `/metrics` below it"
        )
        static let path = Setting.text(
            "OBF_PATH", default: "/obf", values: "a path such as /obf, of A-Z a-z 0-9 _ - and /", "Where that is",
            isValid: isPath)
        static let user = Setting.optionalText("SWAGGER_USER", "Name for `OBF_PATH`; required with `ENABLE_OBF`")
        static let password = Setting.secret(
            "SWAGGER_PASSWORD", values: "at least \(minimumPasswordLength) characters",
            "Password for `OBF_PATH`; required with `ENABLE_OBF`")
    }

    static let configurationKeys = ConfigurationKeys(
        "statistics", [Settings.isEnabled, Settings.path, Settings.user, Settings.password]
    ).checking { (reader) throws(ConfigurationFailure) in _ = try StatisticsConfiguration(reader: reader) }

    /// Reads the settings.
    /// - Throws: A failure that names the variable.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        let isEnabled = try reader.value(Settings.isEnabled)
        let path = try reader.value(Settings.path)
        let user = try reader.value(Settings.user)
        let password = try reader.value(Settings.password)
        guard isEnabled else {
            self.path = nil
            credentials = nil
            return
        }
        guard let user else {
            throw ConfigurationFailure(key: "SWAGGER_USER", reason: "is not set, but ENABLE_OBF is true")
        }
        guard let password, password.utf8.count >= Self.minimumPasswordLength else {
            throw ConfigurationFailure(
                key: "SWAGGER_PASSWORD",
                reason: "must have at least \(Self.minimumPasswordLength) characters when ENABLE_OBF is true")
        }
        self.path = path
        credentials = BasicCredentials(user: user, password: password)
    }

    @Sendable private static func isPath(_ path: String) -> Bool {
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return path.hasPrefix("/") && path.utf8.count <= maximumPathLength
            && segments.allSatisfy { segment in
                !segment.isEmpty
                    && segment.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                            || $0 == 0x2D || $0 == 0x5F
                    }
            }
    }
}
