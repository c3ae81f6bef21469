package import Configuration
package import ConfigurationChecks
package import Sealing

extension EncryptionKeys {
    package static let configurationKeys = ConfigurationKeys(
        [], secrets: ["DATA_ENCRYPTION_KEY", "DATA_DECRYPTION_KEYS"])

    /// More keys slow down every value that does not say under which of them it was sealed.
    private static let maximumOthers = 8

    /// Reads the keys that the services share.
    ///
    /// - `DATA_ENCRYPTION_KEY` (secret; `JWT_SECRET` when it is missing): seals, and opens.
    /// - `DATA_DECRYPTION_KEYS` (secret): only open. One on each line; without line breaks, commas separate them.
    /// - Throws: ``ConfigurationFailure`` when there is no key, or too many.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let current = try reader.secret("data.encryption.key", or: "jwt.secret") else {
            throw ConfigurationFailure(
                key: "DATA_ENCRYPTION_KEY",
                reason: "is not set, and neither is JWT_SECRET; it encrypts what is stored, and all services share it")
        }
        let others = Self.list(try reader.secret("data.decryption.keys") ?? "")
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
