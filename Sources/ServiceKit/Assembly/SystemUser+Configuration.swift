package import Configuration
package import ConfigurationChecks
package import Entities
import Primitives

extension SystemUser {
    package static let setting = Setting<SystemUser>.parsed(
        "SYSTEM_USER_ID", default: SystemUser(identifier: nil), unset: nil,
        values: "a UUID: audit columns hold nothing else",
        "`createdBy`, `modifiedBy` and `deletedBy` of changes that the services make themselves (leads, addresses, callbacks, jobs, events); empty if unset. Also the user of `arc token`"
    ) { Identifier($0).map { SystemUser(identifier: $0) } }

    package static let configurationKeys = ConfigurationKeys("tokens", [setting])

    /// Reads `SYSTEM_USER_ID` (docs/contract/arc-api.md 3.5). If it is unset, the audit columns of changes that the service makes
    /// itself stay NULL.
    /// - Throws: ``ConfigurationFailure`` for anything but a UUID, which the columns could not store.
    package init(reader: ConfigReader) throws(ConfigurationFailure) { self = try reader.value(Self.setting) }
}
