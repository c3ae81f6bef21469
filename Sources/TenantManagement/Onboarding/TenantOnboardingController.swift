import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations that create tenants.
struct TenantOnboardingController: Sendable {
    let onboarding: TenantOnboardingService
    /// Calls with the tokens of leads.
    let leadLimit: RateLimit
    /// The service itself: leads are nobody's users.
    let system: TenantScope

    var operations: [Operation] { [create(), createFromLead()] }

    private static let created = OperationResponseDescription(
        .created, "The new tenant", schema: Tenant.entity.schemaWithRelations, headers: [.location, .eTag])

    private var recovery: OperationIdempotency {
        .recover { try await onboarding.read(try $0.created(), in: $0.scope).response() }
    }

    private func create() -> Operation {
        Operation(
            .post, "/tenants", id: "TenantController.create",
            summary: "Create a tenant with its first contact and start provisioning it",
            access: OnboardingPolicy.create,
            requestBody: TenantOnboardingInput.operatorSchema,
            responses: [Self.created],
            failures: [
                .conflict: "The key is already in use",
                .badRequest: "The contact's e-mail domain is not one of the tenant's domains",
            ],
            idempotency: recovery,
            handler: .scoped { call in
                let input = try TenantOnboardingInput(try call.request.object())
                return try await onboarding.create(input, in: call.writeContext).response()
            })
    }

    private func createFromLead() -> Operation {
        Operation(
            .post, "/leads/{id}/tenants", id: "LeadTenantController.tenantFromLead",
            summary: "Create a tenant from a validated lead", access: OnboardingPolicy.createFromLead,
            parameters: [.id],
            requestBody: TenantOnboardingInput.leadSchema,
            responses: [Self.created],
            failures: [
                .conflict: "The key is already in use",
                .badRequest:
                    "The address differs from the lead's, or the e-mail domain is not one of the tenant's domains",
            ],
            rateLimit: leadLimit,
            idempotency: recovery,
            handler: .authenticated { call in
                let id = call.request.pathParameter("id")
                guard OnboardingPolicy.isLead(id, call.identity), let lead = Identifier(id) else {
                    throw HTTPFailure.unauthorized
                }
                return try await onboarding.onboard(
                    lead: lead, call.request.body?.objectValue,
                    in: call.request.writeContext(in: system, by: call.identity)
                ).response()
            })
    }
}

extension TenantOnboardingService.OnboardedTenant {
    /// 201 with the tenant, what came with it, and where it is.
    func response() throws -> OperationResponse {
        var response = OperationResponse.created(json, location: "/tenants/\(try tenant.id)")
        response.headers[.eTag] = EntityTag(version: try tenant.version).text
        return response
    }

    private var json: [UInt8] {
        guard let contact else { return tenant.json }
        var writer = JSONWriter(reservingCapacity: 1536)
        writer.beginObject()
        tenant.writeMembers(to: &writer)
        writer.key(Tenant.contacts.name)
        writer.beginArray()
        contact.write(to: &writer)
        writer.endArray()
        if let address {
            writer.key(Tenant.address.name)
            address.write(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }
}
