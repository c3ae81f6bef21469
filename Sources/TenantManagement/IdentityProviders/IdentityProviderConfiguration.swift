package import Configuration
package import ConfigurationChecks
import ServiceKit

/// The identity providers that `POST /manage/users` can set up (docs/contract/arc-api.md 9.6 and 10.1). One that is not
/// configured is no error until it is asked for.
///
/// Keys: `AUTH0_DOMAIN`, `AUTH0_CLIENT_ID`, `AUTH0_CLIENT_SECRET` (secret), `AUTH0_AUDIENCE` (default the domain's
/// `/api/v2/`); `KEYCLOAK_HOST` (an address, with the path if Keycloak has one), `KEYCLOAK_ADMIN_USERNAME`,
/// `KEYCLOAK_ADMIN_PASSWORD` (secret), `DOMAIN_NAME` (the part after a tenant's key in the addresses of the application);
/// for mails of Keycloak `AWS_SES_SMTP_HOST`, `AWS_SES_SMTP_USERNAME`, `AWS_SES_SMTP_PASSWORD` (secret),
/// `SMTP_FROM_EMAIL`, `SMTP_FROM_DISPLAY_NAME`; `PASSWORD_LENGTH` (12...64, default 20).
package struct IdentityProviderConfiguration: Sendable {
    package static let configurationKeys = ConfigurationKeys(
        [
            "AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_AUDIENCE", "KEYCLOAK_HOST", "KEYCLOAK_ADMIN_USERNAME",
            "DOMAIN_NAME", "AWS_SES_SMTP_HOST", "AWS_SES_SMTP_USERNAME", "SMTP_FROM_EMAIL", "SMTP_FROM_DISPLAY_NAME",
            "PASSWORD_LENGTH",
        ], secrets: ["AUTH0_CLIENT_SECRET", "KEYCLOAK_ADMIN_PASSWORD", "AWS_SES_SMTP_PASSWORD"])

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

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` for an invalid address, one that is not https, and a length out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        passwordLength = try reader.integer("password.length", default: 20, in: 12...64)
        auth0 = try Self.auth0(reader)
        keycloak = try Self.keycloak(reader)
    }

    private static func auth0(_ reader: ConfigReader) throws(ConfigurationFailure) -> Settings<Auth0> {
        let url = try url(reader, "auth0.domain")
        let id = reader.text("auth0.client.id")
        let secret = try reader.secret("auth0.client.secret")
        guard let url, let id, let secret else {
            return .missing(
                missing([
                    ("AUTH0_DOMAIN", url), ("AUTH0_CLIENT_ID", id), ("AUTH0_CLIENT_SECRET", secret),
                ]))
        }
        return .complete(
            Auth0(
                url: url, clientID: id, clientSecret: secret,
                audience: reader.text("auth0.audience") ?? "\(url)/api/v2/"))
    }

    private static func keycloak(_ reader: ConfigReader) throws(ConfigurationFailure) -> Settings<Keycloak> {
        let url = try url(reader, "keycloak.host")
        let username = reader.text("keycloak.admin.username")
        let password = try reader.secret("keycloak.admin.password")
        let domain = reader.text("domain.name")
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
        guard let host = reader.text("aws.ses.smtp.host"), let from = reader.text("smtp.from.email") else { return nil }
        return Mail(
            host: host, username: reader.text("aws.ses.smtp.username"),
            password: try reader.secret("aws.ses.smtp.password"), from: from,
            displayName: reader.text("smtp.from.display.name"))
    }

    private static func url(_ reader: ConfigReader, _ key: ConfigKey) throws(ConfigurationFailure) -> String? {
        guard let text = reader.text(key) else { return nil }
        return try IdentityProviderURL.parse(text, variable: key.environmentName)
    }

    private static func missing(_ variables: [(name: String, value: String?)]) -> [String] {
        variables.filter { $0.value == nil }.map(\.name)
    }
}
