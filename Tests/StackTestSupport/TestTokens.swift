package import Primitives
import ServiceKit
import Subscription
import TenantManagement

/// Mints tokens that a stack's services accept.
package struct TestTokens: Sendable {
    /// HS256 secret of the stacks.
    package static let secret = "a secret of more than 32 bytes that only tests know"
    /// Issuer of the stacks.
    package static let issuer = "arc-tests"
    /// `OPERATOR_TENANT_ID` of the stacks.
    package static let operatorTenant = "0f0e0d0c-0b0a-4908-8706-050403020100"

    /// Every code that an operation of any service asks for.
    package static let allPermissions = PermissionCatalog.all(
        with: TenantManagementCatalog.resources + SubscriptionCatalog.resources)

    private let issuer: TokenIssuer

    /// - Parameter clock: The clock of the services.
    package init(clock: any WallClock) async {
        issuer = await TokenIssuer(secret: Self.secret, issuer: Self.issuer, clock: clock)
    }

    /// A token without a tenant: an operator's, by default with every permission.
    package func operatorToken(
        _ permissions: [String] = TestTokens.allPermissions, user: String = Identifier.v4().description
    ) async throws -> String {
        try await issuer.issue(TokenIssuer.Claims(id: user, permissions: permissions), lifetime: .seconds(86_400))
    }

    /// A token of a tenant's user, by default with every permission.
    package func userToken(
        tenant: String, _ permissions: [String] = TestTokens.allPermissions, user: String = Identifier.v4().description
    ) async throws -> String {
        try await issuer.issue(
            TokenIssuer.Claims(id: user, tenantID: tenant, permissions: permissions), lifetime: .seconds(86_400))
    }

    /// A token that names roles, by default an operator's.
    package func roleToken(
        _ role: String, tenant: String? = nil, permissions: [String] = [], user: String = Identifier.v4().description
    ) async throws -> String {
        try await issuer.issue(
            TokenIssuer.Claims(id: user, tenantID: tenant, role: role, permissions: permissions),
            lifetime: .seconds(86_400))
    }
}
