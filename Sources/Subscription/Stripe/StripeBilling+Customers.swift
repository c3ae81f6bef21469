import Entities
import JSONCoding

/// Customers at Stripe.
extension StripeBilling {
    func createCustomer(
        _ details: CustomerDetails, for account: BillingAccount, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<String> {
        var form = Self.form(of: details)
        form.add("metadata[tenantId]", account.tenant)
        let customer = try await understood { try await client.post("customers", form, key: idempotencyKey) }
        return ProviderEffect(external: try Self.id(of: customer))
    }

    func customer(_ customer: CustomerReference, in scope: TenantScope) async throws -> CustomerDetails {
        let id = try StripeClient.segment(customer.id, else: .unknownCustomer)
        let found = try await understood(missing: .unknownCustomer) { try await client.get("customers/\(id)") }
        guard found["deleted"]?.boolValue != true else { throw BillingProviderError.unknownCustomer }
        return Self.details(of: found)
    }

    func updateCustomer(
        _ customer: CustomerReference, _ changes: CustomerDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try StripeClient.segment(customer.id, else: .unknownCustomer)
        let form = Self.form(of: changes)
        if !form.members.isEmpty {
            _ = try await understood(missing: .unknownCustomer) {
                try await client.post("customers/\(id)", form, key: idempotencyKey)
            }
        }
        return ProviderEffect(external: ())
    }

    func deleteCustomer(
        _ customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try StripeClient.segment(customer.id, else: .unknownCustomer)
        do {
            _ = try await understood(missing: .unknownCustomer) { try await client.delete("customers/\(id)") }
        } catch BillingProviderError.unknownCustomer {
            // A repetition, or it was deleted at Stripe.
        }
        return ProviderEffect(external: ())
    }
}
