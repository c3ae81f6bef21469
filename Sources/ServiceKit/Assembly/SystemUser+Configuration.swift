package import Configuration
package import ConfigurationChecks
package import Entities
import Primitives

extension SystemUser {
    package static let configurationKeys: ConfigurationKeys = ["SYSTEM_USER_ID"]

    /// Reads `SYSTEM_USER_ID` (docs/contract/arc-api.md 3.5), a UUID. If it is unset, the audit columns of changes that
    /// the service makes itself stay NULL.
    /// - Throws: ``ConfigurationFailure`` for anything else, which the columns could not store.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let text = reader.text("system.user.id") else {
            self.init(identifier: nil)
            return
        }
        guard let identifier = Identifier(text) else {
            throw ConfigurationFailure(
                key: "SYSTEM_USER_ID", reason: "is \"\(text)\", but must be a UUID: audit columns hold nothing else")
        }
        self.init(identifier: identifier)
    }
}
