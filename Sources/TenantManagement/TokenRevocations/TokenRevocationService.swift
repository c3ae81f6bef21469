import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import ServicePlatform

/// The rules of revocations. They are never taken back: whoever was locked out by mistake gets a new token.
struct TokenRevocationService: Sendable {
    let revocations: EntityRepository
    let revokedTokens: RevokedTokens
    let configuration: TokenRevocationConfiguration

    /// Revocations of one tenant, so that one cannot fill the memory of all nodes.
    static let maximumOfTenant = 1000
    /// The longest time for which a revocation is kept.
    private static let longestRetention = Duration.seconds(3650 * 86_400)

    /// Revokes tokens: on this node at once, and on others within seconds.
    /// - Throws: `ValidationFailure`, ``TokenRevocationError``, `RepositoryError`.
    func revoke(_ values: FieldValues, in context: WriteContext) async throws -> Record {
        var values = values
        try checkTenant(&values, in: context.scope)
        try checkInstants(&values, in: context)
        if let actor = context.actor.identifier { values[TokenRevocation.createdBy] = actor }
        let tenant: Identifier? = values[TokenRevocation.tenantID]
        let record: Record
        do throws(RepositoryError) {
            record = try await revocations.create(
                values, in: context,
                alongside: tenant.map { TokenRevocationStatements.limit(Self.maximumOfTenant, of: $0) } ?? [])
        } catch {
            guard error == .unexpected(sqlState: SQLState.divisionByZero) else { throw error }
            throw TokenRevocationError.tooMany(limit: Self.maximumOfTenant)
        }
        await revokedTokens.rowsChanged([RowVersion(id: try record.id, version: try record.version)])
        return record
    }

    private func checkTenant(_ values: inout FieldValues, in scope: TenantScope) throws(ValidationFailure) {
        guard let own = scope.tenantID else { return }
        let named: Identifier? = values[TokenRevocation.tenantID]
        guard named == nil || named == own else {
            throw ValidationFailure([
                ValidationDetail(path: TokenRevocation.tenantID.path, code: "tenant", message: "must be your tenant")
            ])
        }
        values[TokenRevocation.tenantID] = own
    }

    private func checkInstants(_ values: inout FieldValues, in context: WriteContext) throws(ValidationFailure) {
        var details: [ValidationDetail] = []
        let issuedBefore: Timestamp? = values[TokenRevocation.issuedBefore]
        switch values[TokenRevocation.kind] {
        case .token where issuedBefore != nil:
            details.append(Self.detail(TokenRevocation.issuedBefore, "is only for revocations of a user"))
        case .user:
            if let issuedBefore, issuedBefore > context.now {
                details.append(Self.detail(TokenRevocation.issuedBefore, "must not be in the future"))
            } else if issuedBefore == nil {
                values[TokenRevocation.issuedBefore] = context.now
            }
        default: break
        }
        if let end = values[TokenRevocation.expiresOn] {
            if end <= context.now {
                details.append(Self.detail(TokenRevocation.expiresOn, "must be in the future"))
            } else if end > context.now.adding(Self.longestRetention) {
                details.append(Self.detail(TokenRevocation.expiresOn, "must be within ten years"))
            }
        } else {
            values[TokenRevocation.expiresOn] = context.now.adding(configuration.retention)
        }
        guard details.isEmpty else { throw ValidationFailure(details) }
    }

    private static func detail(_ field: some EntityField, _ message: String) -> ValidationDetail {
        ValidationDetail(path: field.path, code: "range", message: message)
    }
}
