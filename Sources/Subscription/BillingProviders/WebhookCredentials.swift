import Configuration
import ConfigurationChecks
import ServiceKit

/// User and password that a provider sends with its reports.
enum WebhookCredentials {
    /// - Returns: Nil if neither is set: then every report is rejected.
    /// - Throws: ``ConfigurationFailure`` when one of the two is missing.
    static func read(
        _ user: Setting<String?>, _ userName: String, _ password: Setting<String?>, _ passwordName: String,
        reader: ConfigReader
    ) throws(ConfigurationFailure) -> BasicCredentials? {
        let secret = try reader.value(password)
        switch (try reader.value(user), secret) {
        case (let user?, let secret?): return BasicCredentials(user: user, password: secret)
        case (.some, nil): throw ConfigurationFailure(key: passwordName, reason: "is not set, but \(userName) is")
        case (nil, .some): throw ConfigurationFailure(key: userName, reason: "is not set, but \(passwordName) is")
        case (nil, nil): return nil
        }
    }
}
