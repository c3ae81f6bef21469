import JSONCoding
import StackTestSupport

/// Leads, and domains of tenants.
extension ValidRequests {
    func onboarding(_ operation: APIDocument.Operation) async throws -> Request? {
        let management = stack.tenantManagement
        switch operation.name {
        case "POST /leads/{id}/tenants":
            let name = TestStack.uniqueKey()
            let lead = try await stack.validatedLead(name)
            return Request(path: operation.path(with: lead.id), body: body(operation, name: name), token: lead.token)
        case "POST /leads/{id}/verify":
            let body = JSONValue.object(TestStack.leadBody(TestStack.uniqueKey()))
            let lead = try await management.post("/leads", body).expect(201).string("id")
            return Request(path: operation.path(with: lead), token: try await stack.mails.key(ofLead: lead))
        case let name where name.hasPrefix("POST /tenants/{id}/domains/{domain}/"):
            let tenant = try await stack.createTenantID()
            // A proven domain may be verified and approved once more.
            try await stack.holdDomain(APIDocument.domain(of: tenant), tenant: tenant)
            return Request(path: operation.path(with: tenant), token: stack.admin)
        default: return nil
        }
    }
}
