import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of the mail domains of tenants.
struct DomainController: Sendable {
    let service: DomainService
    let limiter: RateLimiter
    let verificationLimit: RateLimit

    private static let collection = "/tenants/{id}/domains"
    private static let member = "/tenants/{id}/domains/{domain}"

    var operations: [Operation] {
        [list(), claim(), find(), verify(), approve(), release(), remove()]
    }

    // MARK: Reading

    private func list() -> Operation {
        Operation(
            .get, Self.collection, id: "TenantDomainController.find",
            summary: "The mail domains that a tenant has or claims, each with what is left to do",
            access: DomainPolicy.view, parameters: [.id],
            responses: [.init(.ok, "The domains, by name", schema: .array(of: Self.schema))],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let domains = try await service.all(of: try tenant(of: call))
                return .json { writer in
                    writer.beginArray()
                    for domain in domains {
                        domain.write(to: &writer, showsHolder: DomainPolicy.showsHolder(to: call.scope))
                    }
                    writer.endArray()
                }
            })
    }

    private func find() -> Operation {
        Operation(
            .get, Self.member, id: "TenantDomainController.findById",
            summary: "A mail domain that a tenant has or claims",
            access: DomainPolicy.view, parameters: [.id, Self.domainParameter],
            responses: [.init(.ok, "The domain", schema: Self.schema)],
            failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let (tenant, domain) = try (tenant(of: call), Self.domain(of: call.request))
                return Self.response(try await service.find(domain, of: tenant), in: call.scope)
            })
    }

    // MARK: Changes

    private func claim() -> Operation {
        Operation(
            .post, Self.collection, id: "TenantDomainController.create",
            summary: "Claim a mail domain for a tenant; the response has the TXT record that proves it",
            access: DomainPolicy.claim, parameters: [.id],
            requestBody: .object([.init("domain", DomainName.schema, required: true)], name: "NewTenantDomain"),
            responses: [.init(.created, "The claimed domain", schema: Self.schema, headers: [.location])],
            failures: [
                .notFound: "There is no such tenant",
                .conflict:
                    "The tenant has or claims the domain already, has too many, or nobody can have it (DOMAIN_EXISTS, TOO_MANY_DOMAINS, DOMAIN_PUBLIC)",
            ],
            idempotency: .recover { recovery in
                let domain = try Self.claimed(try recovery.request.object())
                let found = try await service.find(domain, of: try recovery.request.identifier())
                return Self.created(found, of: try recovery.request.identifier(), in: recovery.scope)
            },
            handler: .scoped { call in
                let tenant = try tenant(of: call)
                let domain = try Self.claimed(try call.request.object())
                let claim = try await service.claim(domain, for: tenant, in: call.writeContext)
                return Self.created(claim, of: tenant, in: call.scope)
            })
    }

    private func verify() -> Operation {
        var operation = change(
            "verify", access: DomainPolicy.verify,
            summary: "Look for the TXT record of a claimed mail domain; if it is there, the tenant holds the domain",
            success: "The proven domain",
            conflict:
                "The record is missing, wrong or cannot be read, another tenant holds the domain, nobody can have it, or another request changed it (DOMAIN_NOT_PROVEN, DOMAIN_LOOKUP_FAILED, DOMAIN_HELD, DOMAIN_PUBLIC, DOMAIN_CHANGED)",
            service.verify)
        operation.failures[.tooManyRequests] = "Too many lookups for this tenant; see Retry-After"
        return operation.checkingFirst { call in
            try await limiter.require(
                verificationLimit, operation: "POST /tenants/{id}/domains/{domain}/verify tenant",
                account: try tenant(of: call).description)
        }
    }

    private func approve() -> Operation {
        change(
            "approve", access: DomainPolicy.approve, summary: "Approve a claimed mail domain without a record",
            success: "The proven domain",
            conflict:
                "Another tenant holds the domain, nobody can have it, or another request changed it (DOMAIN_HELD, DOMAIN_PUBLIC, DOMAIN_CHANGED)",
            service.approve)
    }

    private func release() -> Operation {
        change(
            "release", access: DomainPolicy.release,
            summary: "Take a mail domain from the tenant that holds it; it still claims the domain, with a new record",
            success: "The domain, which waits for a proof again",
            conflict: "The domain is not proven (DOMAIN_NOT_PROVEN)", service.release)
    }

    private func remove() -> Operation {
        Operation(
            .delete, Self.member, id: "TenantDomainController.deleteById",
            summary: "Remove a mail domain from a tenant, proven or not; another tenant can prove it then",
            access: DomainPolicy.remove, parameters: [.id, Self.domainParameter],
            responses: [.init(.noContent, "Removed")], failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let (tenant, domain) = try (tenant(of: call), Self.domain(of: call.request))
                try await service.remove(domain, of: tenant, in: call.writeContext)
                return .noContent
            })
    }

    /// An operation on one domain that changes its state.
    private func change(
        _ name: String, access: Access, summary: String, success: String, conflict: String,
        _ apply: @escaping @Sendable (DomainName, Identifier, WriteContext) async throws -> TenantDomain
    ) -> Operation {
        Operation(
            .post, "\(Self.member)/\(name)", id: "TenantDomainController.\(name)", summary: summary,
            access: access, parameters: [.id, Self.domainParameter],
            responses: [.init(.ok, success, schema: Self.schema)],
            failures: [.notFound: Self.missing, .conflict: conflict],
            idempotency: .recover { recovery in
                let (tenant, domain) = try (recovery.request.identifier(), Self.domain(of: recovery.request))
                return Self.response(try await service.find(domain, of: tenant), in: recovery.scope)
            },
            handler: .scoped { call in
                let (tenant, domain) = try (tenant(of: call), Self.domain(of: call.request))
                return Self.response(try await apply(domain, tenant, call.writeContext), in: call.scope)
            })
    }

    // MARK: Parts of requests and responses

    private static let missing = "There is no such tenant, or it has no such domain"

    private static let domainParameter = OperationParameter(
        "domain", in: .path, schema: DomainName.schema, description: "Mail domain, in ASCII")

    /// The tenant of the path. For users of another tenant it does not exist.
    private func tenant(of call: ScopedRequest) throws(HTTPFailure) -> Identifier {
        let tenant = try call.request.identifier()
        if let own = call.scope.tenantID, own != tenant { throw .entityNotFound }
        return tenant
    }

    /// The domain of the path; 404 for a text that is not a domain name.
    private static func domain(of request: OperationRequest) throws(HTTPFailure) -> DomainName {
        guard let domain = DomainName(request.pathParameter("domain")) else { throw .entityNotFound }
        return domain
    }

    private static func claimed(_ body: JSONObject) throws(ValidationFailure) -> DomainName {
        guard let domain = DomainName(body["domain"]?.stringValue ?? "") else {
            throw .invalidField(
                "/domain", code: "domain",
                "must be a domain name with two labels or more, in ASCII (labels in other scripts as xn--…)")
        }
        return domain
    }

    private static func response(_ domain: TenantDomain, in scope: TenantScope) -> OperationResponse {
        .json { domain.write(to: &$0, showsHolder: DomainPolicy.showsHolder(to: scope)) }
    }

    private static func created(
        _ domain: TenantDomain, of tenant: Identifier, in scope: TenantScope
    ) -> OperationResponse {
        var response = OperationResponse.json(status: .created) {
            domain.write(to: &$0, showsHolder: DomainPolicy.showsHolder(to: scope))
        }
        response.headers[.location] = "/tenants/\(tenant)/domains/\(domain.name)"
        return response
    }

    private static let recordSchema = Schema.object(
        [
            .init("type", .string(oneOf: ["TXT"]), required: true), .init("name", .string(), required: true),
            .init("value", .string(), required: true),
        ], name: "TenantDomainRecord")

    private static let schema = Schema.object(
        [
            .init("domain", .string().example("acme.com"), required: true),
            .init(
                "state",
                .string(oneOf: TenantDomain.State.allCases.map(\.rawValue)).described(
                    "PROVEN: the tenant holds the domain; WAITING: claimed; HELD: claimed, and another tenant holds it; PUBLIC: of a mail provider"
                ),
                required: true),
            .init(
                "provenBy",
                .string(oneOf: TenantDomain.Proof.allCases.map(\.rawValue)).described("Only of proven domains")),
            .init("provenOn", .string(format: .dateTime).described("Only of proven domains")),
            .init("heldBy", .string(format: .uuid).described("The tenant that holds the domain, for operators")),
            .init("record", recordSchema.described("The record that proves the domain")),
            .init("nextStep", .string().described("What can be done about the state")),
            .init("createdOn", .string(format: .dateTime), required: true),
        ], name: "TenantDomain")
}
