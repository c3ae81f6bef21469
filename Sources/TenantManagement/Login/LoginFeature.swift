import ConfigurationChecks
import Entities
import Sealing
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Logins of operators with a browser, and their sessions. Off unless `OIDC_ISSUER` is set.
struct LoginFeature: ServiceFeature {
    static let configurationKeys = LoginConfiguration.configurationKeys

    let operations: [Operation]
    let authenticators: [any Authenticator]
    let background: [any Service]
    let healthChecks: [HealthCheck]
    private let sessions: PlatformSessions?
    private let provider: LoginProvider?

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        guard let configuration = try LoginConfiguration.read(platform.reader) else {
            sessions = nil
            provider = nil
            authenticators = []
            background = []
            healthChecks = []
            operations =
                LoginController(
                    service: nil, sessions: nil, sessionService: nil, system: platform.systemUser.scope
                ).operations + SessionController(sessions: nil, service: nil).operations
            return
        }
        let sessions = PlatformSessions(configuration.sessions, on: platform)
        let provider = LoginProvider(configuration: configuration, logger: platform.logger)
        let log = SessionLogRepository(pool: platform.pool)
        let service = LoginService(
            configuration: configuration, provider: provider,
            verifier: IDTokenVerifier(
                issuer: configuration.issuer, clientID: configuration.clientID, clockSkew: configuration.clockSkew,
                keys: provider.keys),
            sealer: Sealer(keys: platform.encryptionKeys, purpose: "login"), store: sessions.access.store,
            log: log, roles: platform.roles, logger: platform.logger)
        let sessionService = SessionService(store: sessions.access.store, log: log)
        operations =
            LoginController(
                service: service, sessions: sessions.access, sessionService: sessionService,
                system: platform.systemUser.scope
            ).operations + SessionController(sessions: sessions.access, service: sessionService).operations
        authenticators = [sessions.authenticator]
        background = [provider.loader]
        // Nobody can log in without it; sessions, tokens and API keys go on.
        healthChecks = [
            HealthCheck(
                "loginProvider", isRequired: false,
                advice: "Check OIDC_ISSUER and that the identity provider runs; nobody can log in without it."
            ) { provider.loader.health }
        ]
        self.sessions = sessions
        self.provider = provider
    }

    func shutdown() async {
        await provider?.shutdown()
        await sessions?.shutdown()
    }
}
