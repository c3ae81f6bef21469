package import Configuration
package import ConfigurationChecks
package import Sealing

extension EncryptionKeys {
    private enum Settings {
        static let current = Setting.secret(
            "DATA_ENCRYPTION_KEY", unset: "`JWT_SECRET`",
            "Encrypts secrets at rest and in events; must be the same in all services")
        static let others = Setting.secret(
            "DATA_DECRYPTION_KEYS", values: "up to \(maximumOthers) keys",
            "Further keys that only decrypt: earlier ones until `arc keys rotate` has encrypted everything again, and the next one before it becomes `DATA_ENCRYPTION_KEY`. One on each line; in a value of one line, commas separate them"
        )
    }

    package static let configurationKeys = ConfigurationKeys(
        "encryption", [Settings.current, Settings.others]
    ).checking { (reader) throws(ConfigurationFailure) in _ = try EncryptionKeys(reader: reader) }

    /// More keys slow down every value that does not say under which of them it was sealed.
    private static let maximumOthers = 8

    /// Reads the keys that the services share. Without `DATA_ENCRYPTION_KEY`, `JWT_SECRET` encrypts what is stored.
    /// - Throws: ``ConfigurationFailure`` when there is no key, or too many.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        var key = try reader.value(Settings.current)
        if key == nil { key = try reader.value(TokenConfiguration.secretSetting) }
        guard let current = key else {
            throw ConfigurationFailure(
                key: "DATA_ENCRYPTION_KEY",
                reason: "is not set, and neither is JWT_SECRET; it encrypts what is stored, and all services share it")
        }
        let others = Self.list(try reader.value(Settings.others) ?? "")
        guard others.count <= Self.maximumOthers else {
            throw ConfigurationFailure(
                key: "DATA_DECRYPTION_KEYS",
                reason: "has \(others.count) keys, but must have at most \(Self.maximumOthers); "
                    + "`arc keys rotate` makes old ones unnecessary")
        }
        self.init(current: current, others: others)
    }

    static func list(_ text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "\n")) else {
            return text.split(separator: ",").map {
                String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            .filter { !$0.isEmpty }
        }
        return text.split { $0.isNewline }.map(String.init)
    }
}
