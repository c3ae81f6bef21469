import ArgumentParser
import Configuration
import ConfigurationChecks
import LocalStack
import Primitives
import ServiceKit
import Subscription
import TenantManagement

/// `arc token`: a token to try the API with.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Mint a development token.",
        discussion: """
            Signed with JWT_SECRET (HS256, issuer JWT_ISSUER, audience TOKEN_AUDIENCE), or with the secret of the stack that `arc up` runs here.
              arc token --permission all
              arc token --permission 10207 --permission 10211 --tenant <tenant id>
            The token is the only thing on standard output:  TOKEN=$(arc token --permission all)
            """)

    @Option(name: .customLong("permission"), help: "A permission code; may be repeated, or `all`.")
    var permissions: [String] = []

    @Option(help: "Claim `role`.")
    var role: String?

    @Option(help: "Claim `tenantId`: the token sees this tenant's rows only. Without it, it is an operator's.")
    var tenant: String?

    @Option(help: "Claim `id`, the user; default SYSTEM_USER_ID.")
    var user: String?

    @Option(help: "Life in seconds.")
    var expires: Int = 86_400

    func validate() throws {
        guard expires > 0, expires <= 315_360_000 else { throw ValidationError("--expires must be 1 to 315360000.") }
        guard !permissions.isEmpty else {
            throw ValidationError("Say --permission all, or --permission with a code such as 10207.")
        }
    }

    func run() async throws {
        CommandSupport.say(
            try await Self.mint(
                permissions: permissions.contains("all") ? Self.allPermissions : permissions, role: role,
                tenant: tenant, user: user, lifetime: .seconds(expires)))
    }

    /// Every code that an operation of any service asks for.
    static let allPermissions = PermissionCatalog.all(
        with: TenantManagementCatalog.resources + SubscriptionCatalog.resources)

    /// Signs a token with the configured secret.
    static func mint(
        permissions: [String], role: String? = nil, tenant: String? = nil, user: String? = nil, lifetime: Duration
    ) async throws -> String {
        var reader = try await EnvironmentReader.make(environment: CommandSupport.environment)
        var configured = try reader.secret("jwt.secret")
        if configured == nil, let stack = try CommandSupport.stack() {
            reader = try await EnvironmentReader.make(environment: stack.environment.tokenVariables())
            configured = try reader.secret("jwt.secret")
        }
        guard let secret = configured else {
            throw CommandSupport.fail("arc token: JWT_SECRET is not set, and no stack of `arc up` is here (ARC_HOME)")
        }
        let issuer = await TokenIssuer(
            secret: secret, issuer: reader.text("jwt.issuer"), audience: reader.text("token.audience"),
            clock: SystemClock())
        let user = user ?? reader.text("system.user.id")
        // Where every token needs a tenant, an operator's names the operators' one.
        let needsTenant = try reader.flag("token.require.tenant", default: false)
        let tenant = tenant ?? (needsTenant ? reader.text("operator.tenant.id") : nil)
        return try await issuer.issue(
            TokenIssuer.Claims(
                id: user, userTenantID: user, tenantID: tenant, role: role, permissions: permissions),
            lifetime: lifetime)
    }
}
