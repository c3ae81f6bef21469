package import ConfigurationChecks
package import ServiceKit

/// Accepts the sessions that operators begin at tenant management, in the other services.
package struct SessionFeature<Core: ServiceCore>: ServiceFeature {
    package static var configurationKeys: ConfigurationKeys { SessionConfiguration.configurationKeys }

    package let authenticators: [any Authenticator]
    private let sessions: PlatformSessions?

    package init(_ core: Core) throws {
        let reader = core.platform.reader
        sessions =
            try SessionConfiguration.isEnabled(reader)
            ? PlatformSessions(try SessionConfiguration(reader: reader), on: core.platform) : nil
        authenticators = sessions.map { [$0.authenticator] } ?? []
    }

    /// Closes the connection for sessions.
    package func shutdown() async { await sessions?.shutdown() }
}
