import Entities
import Primitives

extension SubscriptionCore {
    /// A write at the time that a tenant lives on.
    var timeOfTenant: @Sendable (WriteContext, Identifier) async throws -> WriteContext {
        let tenantTime = tenantTime
        return { try await tenantTime.context($0, of: $1) }
    }
}
