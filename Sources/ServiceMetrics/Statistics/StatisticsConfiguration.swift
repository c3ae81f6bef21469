import Configuration
import ConfigurationChecks
import ServiceKit

/// Where statistics are served as the original does it.
///
/// | environment | default | range |
/// |---|---|---|
/// | `ENABLE_OBF` | false | serves statistics at `OBF_PATH`, with name and password |
/// | `OBF_PATH` | `/obf` | `/` and up to 64 of `A-Z a-z 0-9 _ -`, in one or more segments |
/// | `SWAGGER_USER`, `SWAGGER_PASSWORD` | none | required with `ENABLE_OBF`; the password is a secret of at least 12 characters |
struct StatisticsConfiguration: Sendable {
    /// Nil if the original's path is not served.
    let path: String?
    let credentials: BasicCredentials?

    static let configurationKeys = ConfigurationKeys(
        ["ENABLE_OBF", "OBF_PATH", "SWAGGER_USER"], secrets: ["SWAGGER_PASSWORD"])

    private static let minimumPasswordLength = 12
    private static let maximumPathLength = 64

    /// Reads the keys above.
    /// - Throws: A failure that names the variable.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        let isEnabled = try reader.flag("enable.obf", default: false)
        let path = reader.text("obf.path") ?? "/obf"
        let user = reader.text("swagger.user")
        let password = try reader.secret("swagger.password")
        guard Self.isPath(path) else {
            throw ConfigKey("obf.path").failure(path, "a path such as /obf, of A-Z a-z 0-9 _ - and /")
        }
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

    private static func isPath(_ path: String) -> Bool {
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
