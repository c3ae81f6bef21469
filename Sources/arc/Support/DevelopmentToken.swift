import Configuration
import ConfigurationChecks
import LocalStack
import Primitives
import ServiceKit
import Subscription
import TenantManagement

/// Tokens for trying the API.
enum DevelopmentToken {
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
