import ArgumentParser
import Configuration
import ConfigurationChecks
import LocalStack
import Primitives
import ServiceKit
import Subscription
import TenantManagement

/// `arc token`: creates a token for trying the API.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create a development token.",
        discussion: """
            Signed with JWT_SECRET (HS256, issuer JWT_ISSUER, audience TOKEN_AUDIENCE), or with the secret of the stack that `arc up` runs here.
              arc token --permission all
              arc token --permission 10207 --permission 10211 --tenant <tenant id>
            Only the token is printed to standard output:  TOKEN=$(arc token --permission all)
            """)

    @Option(name: .customLong("permission"), help: "A permission code, or `all`. May be repeated.")
    var permissions: [String] = []

    @Option(help: "The claim `role`.")
    var role: String?

    @Option(help: "The claim `tenantId`: limits the token to this tenant. Without it, it is an operator's token.")
    var tenant: String?

    @Option(help: "The claim `id`, the user (default: SYSTEM_USER_ID).")
    var user: String?

    @Option(help: "Lifetime in seconds.")
    var expires: Int = 86_400

    func validate() throws {
        guard expires > 0, expires <= 315_360_000 else { throw ValidationError("--expires must be 1 to 315360000.") }
        guard !permissions.isEmpty else {
            throw ValidationError("Specify --permission all, or --permission with a code such as 10207.")
        }
    }

    func run() async throws {
        try CommandSupport.checkCurrentFolder(for: "arc token")
        CommandSupport.printLine(
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
        if configured == nil, let stack = try CommandSupport.stack(for: "arc token") {
            reader = try await EnvironmentReader.make(environment: stack.environment.tokenVariables())
            configured = try reader.secret("jwt.secret")
        }
        guard let secret = configured else {
            throw CommandSupport.fail("arc token: JWT_SECRET is not set, and there is no stack of `arc up` in ARC_HOME")
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
