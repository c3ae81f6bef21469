import Configuration
import ConfigurationChecks
import Sealing
import ServiceKit
import ServicePlatform

extension EncryptionKeys {
    /// The keys of a command that encrypts or signs what is stored.
    /// - Throws: `RefusedSettings` when `arc serve` would not start with the current key; else `ConfigurationFailure`.
    static func forWriting(reader: ConfigReader) throws -> EncryptionKeys {
        let keys = try EncryptionKeys(reader: reader)
        guard DeploymentEnvironment(reader: reader) == .production else { return keys }
        let problems = try SecretPolicy.problems(configurationKeys, reader: reader)
        guard problems.isEmpty else { throw RefusedSettings(mistakes: [], secrets: problems) }
        return keys
    }
}
