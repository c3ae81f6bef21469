package import Configuration
package import ConfigurationChecks
import ServiceKit

/// The identity providers that `POST /manage/users` can set up (docs/contract/arc-api.md 9.6 and 10.1). One that is not
/// configured is no error until it is asked for.
package struct IdentityProviderConfiguration: Sendable {
    private enum Variables {
        static let auth0Domain = Setting.optionalText(
            "AUTH0_DOMAIN", values: "an https address",
            "Auth0's management API; scopes `create:users`, `read:users`, `create:organizations`, `read:organizations`, `create:organization_members`, `create:organization_connections`"
        )
        static let auth0ID = Setting.optionalText("AUTH0_CLIENT_ID", "Client of that API")
        static let auth0Secret = Setting.secret("AUTH0_CLIENT_SECRET", "Secret of that client")
        static let auth0Audience = Setting.optionalText(
            "AUTH0_AUDIENCE", unset: "`https://<domain>/api/v2/`", "Audience of its tokens")
        static let keycloakHost = Setting.optionalText(
            "KEYCLOAK_HOST", values: "an https address", "Keycloak, with its path, if any")
        static let keycloakUser = Setting.optionalText("KEYCLOAK_ADMIN_USERNAME", "Its administrator")
        static let keycloakPassword = Setting.secret("KEYCLOAK_ADMIN_PASSWORD", "Password of the administrator")
        static let domainName = Setting.optionalText(
            "DOMAIN_NAME",
            "The application is at `https://<key>.<DOMAIN_NAME>`: redirect URI of a tenant's client; needed with Keycloak"
        )
        static let mailHost = Setting.optionalText(
            "AWS_SES_SMTP_HOST",
            "Mail server (port 587, STARTTLS) for realms that have none; any provider works, the names are those of the original"
        )
        static let mailUser = Setting.optionalText("AWS_SES_SMTP_USERNAME", "Name at that server")
        static let mailPassword = Setting.secret("AWS_SES_SMTP_PASSWORD", "Password at that server")
        static let mailSender = Setting.optionalText("SMTP_FROM_EMAIL", "Sender of the realm's mails")
        static let mailSenderName = Setting.optionalText("SMTP_FROM_DISPLAY_NAME", "Name of that sender")
        static let passwordLength = Setting.integer(
            "PASSWORD_LENGTH", default: 20, in: 12...64,
            "Length of the random initial password, which nobody sees")
    }

    package static let configurationKeys = ConfigurationKeys(
        "identity providers",
        [
            Variables.auth0Domain, Variables.auth0ID, Variables.auth0Secret, Variables.auth0Audience,
            Variables.keycloakHost, Variables.keycloakUser, Variables.keycloakPassword, Variables.domainName,
            Variables.mailHost, Variables.mailUser, Variables.mailPassword, Variables.mailSender,
            Variables.mailSenderName, Variables.passwordLength,
        ]
    ).checking { (reader) throws(ConfigurationFailure) in _ = try IdentityProviderConfiguration(reader: reader) }

    /// The settings of one provider.
    enum Settings<Value: Sendable>: Sendable {
        case complete(Value)
        /// Names of the variables that are not set.
        case missing([String])
    }

    struct Auth0: Sendable {
        let url: String
        let clientID: String
        let clientSecret: String
        let audience: String
    }

    struct Keycloak: Sendable {
        let url: String
        let username: String
        let password: String
        let domainName: String
        let mail: Mail?
    }

    /// The mail server that new realms get.
    struct Mail: Sendable {
        let host: String
        let username: String?
        let password: String?
        let from: String
        let displayName: String?
    }

    var auth0: Settings<Auth0>
    var keycloak: Settings<Keycloak>
    var passwordLength: Int

    /// Reads the settings.
    /// - Throws: ``ConfigurationFailure`` for an invalid address, one that is not https, and a length out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        passwordLength = try reader.value(Variables.passwordLength)
        auth0 = try Self.auth0(reader)
        keycloak = try Self.keycloak(reader)
    }

    private static func auth0(_ reader: ConfigReader) throws(ConfigurationFailure) -> Settings<Auth0> {
        let url = try url(reader, Variables.auth0Domain)
        let id = try reader.value(Variables.auth0ID)
        let secret = try reader.value(Variables.auth0Secret)
        guard let url, let id, let secret else {
            return .missing(
                missing([
                    ("AUTH0_DOMAIN", url), ("AUTH0_CLIENT_ID", id), ("AUTH0_CLIENT_SECRET", secret),
                ]))
        }
        return .complete(
            Auth0(
                url: url, clientID: id, clientSecret: secret,
                audience: try reader.value(Variables.auth0Audience) ?? "\(url)/api/v2/"))
    }

    private static func keycloak(_ reader: ConfigReader) throws(ConfigurationFailure) -> Settings<Keycloak> {
        let url = try url(reader, Variables.keycloakHost)
        let username = try reader.value(Variables.keycloakUser)
        let password = try reader.value(Variables.keycloakPassword)
        let domain = try reader.value(Variables.domainName)
        guard let url, let username, let password, let domain else {
            return .missing(
                missing([
                    ("KEYCLOAK_HOST", url), ("KEYCLOAK_ADMIN_USERNAME", username),
                    ("KEYCLOAK_ADMIN_PASSWORD", password), ("DOMAIN_NAME", domain),
                ]))
        }
        return .complete(
            Keycloak(url: url, username: username, password: password, domainName: domain, mail: try mail(reader)))
    }

    private static func mail(_ reader: ConfigReader) throws(ConfigurationFailure) -> Mail? {
        guard let host = try reader.value(Variables.mailHost), let from = try reader.value(Variables.mailSender) else {
            return nil
        }
        return Mail(
            host: host, username: try reader.value(Variables.mailUser),
            password: try reader.value(Variables.mailPassword), from: from,
            displayName: try reader.value(Variables.mailSenderName))
    }

    private static func url(_ reader: ConfigReader, _ setting: Setting<String?>) throws(ConfigurationFailure) -> String?
    {
        guard let text = try reader.value(setting) else { return nil }
        return try IdentityProviderURL.parse(text, variable: setting.description.name)
    }

    private static func missing(_ variables: [(name: String, value: String?)]) -> [String] {
        variables.filter { $0.value == nil }.map(\.name)
    }
}
