import Configuration
import ConfigurationChecks
import MessageBus
import Sealing

/// How secrets in events leave a service.
enum EventSecrets: String, CaseIterable {
    /// Encrypted under DATA_ENCRYPTION_KEY, which the orchestrator has too.
    case sealed
    /// As the original's: whoever can read the bus can sign callbacks.
    case clear

    static let configurationKeys: ConfigurationKeys = ["EVENT_SECRETS"]

    /// Reads `EVENT_SECRETS` (`sealed`, the default, or `clear`).
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        self = try reader.choice("event.secrets") ?? .sealed
    }

    /// The connector for a relay.
    /// - Parameter keys: Those that the services share.
    func connector(_ connector: any EventConnector, keys: EncryptionKeys) -> any EventConnector {
        switch self {
        case .sealed: connector
        case .clear: ClearSecretConnector(connector, sealer: EventSecretSealer(keys: keys))
        }
    }
}
