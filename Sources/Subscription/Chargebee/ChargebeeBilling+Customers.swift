import Crypto
import Entities
import FoundationEssentials
import JSONCoding
import Primitives

/// Customers at Chargebee.
extension ChargebeeBilling {
    func createCustomer(
        _ details: CustomerDetails, for account: BillingAccount, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<String> {
        // The same for every repetition, whenever it comes.
        let id = "arc_" + Hex.encode(Array(SHA256.hash(data: Data(idempotencyKey.utf8)).prefix(16)))
        var form = ProviderForm()
        form.add("id", id)
        // Only what is asked for here is collected.
        form.add("auto_collection", "off")
        let tenant: JSONValue = ["tenantId": .string(account.tenant)]
        form.add("meta_data", String(decoding: tenant.serialized(), as: UTF8.self))
        Self.add(details, to: &form)
        do {
            let answer = try await understoodOfCustomer {
                try await client.post("customers", form, key: idempotencyKey)
            }
            return ProviderEffect(external: try Self.id(of: try Self.object("customer", answer)))
        } catch let refusal as ChargebeeClient.Refusal where refusal.code == "duplicate_entry" {
            return ProviderEffect(external: id)
        }
    }

    func customer(_ customer: CustomerReference, in scope: TenantScope) async throws -> CustomerDetails {
        let id = try ChargebeeClient.segment(customer.id, else: .unknownCustomer)
        let answer = try await understood(missing: .unknownCustomer) { try await client.get("customers/\(id)") }
        guard let found = answer["customer"], found["deleted"]?.boolValue != true else {
            throw BillingProviderError.unknownCustomer
        }
        return Self.details(of: found)
    }

    /// Chargebee changes names and addresses of customers by two requests.
    func updateCustomer(
        _ customer: CustomerReference, _ changes: CustomerDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try ChargebeeClient.segment(customer.id, else: .unknownCustomer)
        var details = ProviderForm()
        Self.addNames(changes, to: &details)
        if !details.members.isEmpty {
            _ = try await understoodOfCustomer(missing: .unknownCustomer) {
                try await client.post("customers/\(id)", details, key: "\(idempotencyKey):names")
            }
        }
        var address = ProviderForm()
        Self.addAddress(changes.members["billingAddress"], "billing_address", to: &address)
        if !address.members.isEmpty {
            _ = try await understoodOfCustomer(missing: .unknownCustomer) {
                try await client.post(
                    "customers/\(id)/update_billing_info", address, key: "\(idempotencyKey):address")
            }
        }
        return ProviderEffect(external: ())
    }

    func deleteCustomer(
        _ customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try ChargebeeClient.segment(customer.id, else: .unknownCustomer)
        var form = ProviderForm()
        form.add("delete_payment_method", "true")
        do {
            _ = try await understood(missing: .unknownCustomer) {
                try await client.post("customers/\(id)/delete", form, key: idempotencyKey)
            }
        } catch BillingProviderError.unknownCustomer {
            // A repetition, or it was deleted at Chargebee.
        }
        return ProviderEffect(external: ())
    }

    /// An answer about a customer: a member that Chargebee does not take is named as the API has it.
    private func understoodOfCustomer(
        missing: BillingProviderError? = nil, _ ask: () async throws -> JSONValue
    ) async throws -> JSONValue {
        do {
            return try await ask()
        } catch let refusal as ChargebeeClient.Refusal {
            if let path = Self.path(ofParameter: refusal.parameter) {
                throw BillingProviderError.invalid([
                    ValidationDetail(path: path, code: "provider", message: "is not accepted by the billing provider")
                ])
            }
            if refusal.code == "duplicate_entry" { throw refusal }
            if refusal.isMissing, let missing { throw missing }
            throw BillingProviderError.notAccepted
        }
    }
}
