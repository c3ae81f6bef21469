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

    private static let setting = Setting<EventSecrets>.choice(
        "EVENT_SECRETS", default: .sealed,
        "How the secret of a provisioning event leaves tenant management: `sealed` (encrypted under `DATA_ENCRYPTION_KEY`, which the orchestrator shares) or `clear` (as in the original, for orchestrators that know nothing else: whoever reads the bus can sign callbacks)"
    )

    static let configurationKeys = ConfigurationKeys("events", [setting])

    /// Reads the setting.
    init(reader: ConfigReader) throws(ConfigurationFailure) { self = try reader.value(Self.setting) }

    /// The connector for a relay.
    /// - Parameter keys: Those that the services share.
    func connector(_ connector: any EventConnector, keys: EncryptionKeys) -> any EventConnector {
        switch self {
        case .sealed: connector
        case .clear: ClearSecretConnector(connector, sealer: EventSecretSealer(keys: keys))
        }
    }
}
