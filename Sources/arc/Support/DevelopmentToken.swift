import Configuration
import ConfigurationChecks
import Entities
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

    /// The credential of a command that calls tenant management: what `ARC_TOKEN` or the file `ARC_TOKEN_FILE` says, or else a
    /// token that is signed here.
    /// - Parameters:
    ///   - command: Its name, for the message when the file cannot be read; the command ends then.
    ///   - permissions: Of the token that is signed here.
    ///   - lifetime: Of the token that is signed here.
    static func credential(for command: String, permissions: [String], lifetime: Duration) async throws -> String {
        let reader = try EnvironmentReader.make(environment: CommandSupport.environment)
        let given: String?
        do throws(ConfigurationFailure) { given = try reader.value(StackSettings.token) } catch {
            throw CommandSupport.fail("\(command): \(error)")
        }
        if let given { return given }
        return try await mint(permissions: permissions, lifetime: lifetime)
    }

    /// Signs a token with the configured secret.
    static func mint(
        permissions: [String], role: String? = nil, tenant: String? = nil, user: String? = nil, lifetime: Duration
    ) async throws -> String {
        var reader = try EnvironmentReader.make(environment: CommandSupport.environment)
        var configured = try reader.value(TokenConfiguration.secretSetting)
        if configured == nil, let stack = try CommandSupport.stack(for: "arc token") {
            reader = try EnvironmentReader.make(environment: stack.environment.tokenVariables())
            configured = try reader.value(TokenConfiguration.secretSetting)
        }
        guard let secret = configured else {
            throw CommandSupport.fail("arc token: JWT_SECRET is not set, and there is no stack of `arc up` in ARC_HOME")
        }
        let issuer = await TokenIssuer(
            secret: secret, issuer: try reader.value(TokenConfiguration.issuerSetting),
            audience: try reader.value(TokenConfiguration.audienceSetting), clock: SystemClock())
        let systemUser = try SystemUser(reader: reader)
        let user = user ?? systemUser.identifier?.description
        // Where every token needs a tenant, an operator's names the operators' one.
        let needsTenant = try reader.value(TokenConfiguration.requiresTenantSetting)
        let operatorTenant = try reader.value(TokenConfiguration.operatorTenantSetting)
        let tenant = tenant ?? (needsTenant ? operatorTenant : nil)
        return try await issuer.issue(
            TokenIssuer.Claims(
                id: user, userTenantID: user, tenantID: tenant, role: role, permissions: permissions),
            lifetime: lifetime)
    }
}
