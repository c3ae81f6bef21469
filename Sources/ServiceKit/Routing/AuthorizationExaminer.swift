import HTTPTypes
import Primitives

/// Explains decisions of a service about callers: `arc doctor authorize`. What decides are the service's own operations,
/// authenticators and gate; the rest of it finds words for that.
package struct AuthorizationExaminer: Sendable {
    private let operations: [Operation]
    private let verifier: TokenVerifier
    private let authenticators: AuthenticatorChain
    private let tenantGate: TenantGate?

    package init(
        operations: [Operation], verifier: TokenVerifier, authenticators: AuthenticatorChain, tenantGate: TenantGate?
    ) {
        self.operations = operations
        self.verifier = verifier
        self.authenticators = authenticators
        self.tenantGate = tenantGate
    }

    /// Explains a request.
    /// - Parameters:
    ///   - path: With or without a query, which does not matter.
    ///   - token: What follows `Authorization: Bearer`; nil for a request without it.
    package func explain(_ method: String, _ path: String, token: String?) async -> AuthorizationExplanation {
        var explanation = AuthorizationExplanation()
        let path = String(path.prefix { $0 != "?" && $0 != "#" })
        guard let operation = operation(method.uppercased(), path, in: &explanation) else { return explanation }
        let permissions: [String]
        switch operation.security {
        case .bearer(let accepted): permissions = accepted
        case .anyIdentity: permissions = []
        case .none, .leadKey, .signature, .basic, .eventSender:
            explanation.pass("credential", Self.text(operation.security))
            return explanation
        }
        guard let identity = await identity(token, in: &explanation) else { return explanation }
        explanation.pass("kind", Self.text(identity.kind))
        explain(permissions, of: identity, in: &explanation)
        await explainTenant(of: identity.kind, in: &explanation)
        explainPolicy(operation, path, identity.kind, in: &explanation)
        return explanation
    }

    // MARK: The operation

    private func operation(
        _ method: String, _ path: String, in explanation: inout AuthorizationExplanation
    ) -> Operation? {
        let matching = operations.filter { PathTemplate($0.path).matches(path) }
        // Literal segments win over parameters.
        let fewest = matching.map { PathTemplate($0.path).parameters }.min()
        let closest = matching.filter { PathTemplate($0.path).parameters == fewest }
        guard !closest.isEmpty else {
            explanation.refuse("operation", "the service has no such path", status: 404)
            return nil
        }
        let wanted = method == "HEAD" ? "GET" : method
        guard let operation = closest.first(where: { $0.method.rawValue == wanted }) else {
            let methods = closest.map(\.method.rawValue).sorted().joined(separator: ", ")
            explanation.refuse("operation", "the path has no such method; it has \(methods)", status: 405)
            return nil
        }
        explanation.operation = "\(operation.method.rawValue) \(operation.path)"
        explanation.pass("operation", operation.operationID)
        return operation
    }

    private static func text(_ security: OperationSecurity) -> String {
        switch security {
        case .none, .bearer, .anyIdentity: "anybody may call it"
        case .leadKey: "it takes the key that was mailed to a lead, and verifies it itself"
        case .signature: "it takes a signature, and verifies it itself"
        case .basic: "it takes a user name and a password, and verifies them itself"
        case .eventSender: "it takes the key of a sender of events or a signature, and verifies it itself"
        }
    }

    // MARK: The caller

    private func identity(_ token: String?, in explanation: inout AuthorizationExplanation) async -> Identity? {
        guard let token else {
            explanation.refuse("credential", "it is missing, and the operation needs one", status: 401)
            return nil
        }
        let isToken = token.contains(".")
        if isToken, await verifier.explain(token, in: &explanation) == nil { return nil }
        guard let headers = Self.headers(token), let address = ClientAddress("127.0.0.1") else {
            explanation.refuse("credential", "it has characters that no header can have", status: 401)
            return nil
        }
        do {
            let identity = try await authenticators.identity(
                of: RequestCredentials(headers: headers, method: .get, clientAddress: address))
            explanation.pass("credential", Self.text(identity.credential))
            return identity
        } catch {
            let failure = FailureMapping.failure(for: error)
            explanation.refuse(
                "credential",
                isToken
                    ? "the service refuses it although its signature and claims are right: it was revoked, or what it depends on cannot be asked"
                    : "the service refuses it: it is unknown, expired or revoked",
                status: failure.status.code)
            return nil
        }
    }

    private static func headers(_ token: String) -> HTTPFields? {
        let value = "Bearer \(token)"
        guard HTTPField.isValidValue(value) else { return nil }
        return [.authorization: value]
    }

    private static func text(_ credential: Identity.Credential) -> String {
        switch credential {
        case .token: "the service accepts the token"
        case .apiKey(let id): "the service accepts the API key \(id)"
        case .session: "the service accepts the session"
        }
    }

    private static func text(_ kind: Identity.Kind) -> String {
        switch kind {
        case .operator: "an operator: every tenant's rows"
        case .service: "a service without a user: every tenant's rows"
        case .tenantUser(let tenant): "a user of the tenant \(tenant): rows of this tenant, others do not exist (404)"
        case .lead(let lead): "the lead \(lead): what belongs to it alone"
        }
    }

    // MARK: The decision

    private func explain(
        _ permissions: [String], of identity: Identity, in explanation: inout AuthorizationExplanation
    ) {
        guard !permissions.isEmpty else {
            explanation.pass("permission", "none is needed")
            return
        }
        let needed = permissions.map(PermissionCatalog.described).joined(separator: " or ")
        if let held = permissions.first(where: identity.permissions.contains) {
            explanation.pass("permission", "\(needed) is needed, and the caller has \(held)")
            return
        }
        var text = "\(needed) is needed, and the caller has \(identity.permissions.count) permissions without it"
        let roles = Role.builtIn.filter { role in
            role.audience == identity.kind.roleAudience && permissions.contains(where: role.permissions.contains)
        }
        if !roles.isEmpty { text += "; built-in roles with it: \(roles.map(\.name).joined(separator: ", "))" }
        explanation.refuse("permission", text, status: 403)
    }

    private func explainTenant(of kind: Identity.Kind, in explanation: inout AuthorizationExplanation) async {
        guard let tenantGate, case .tenantUser = kind else { return }
        do {
            try await tenantGate.check(kind)
            explanation.pass("tenant", "it exists, and may act")
        } catch {
            let status = FailureMapping.failure(for: error).status.code
            explanation.refuse(
                "tenant",
                status == 403
                    ? "it is deleted, suspended or being removed, or it never existed"
                    : "whether it may act cannot be found out: the database does not answer", status: status)
        }
    }

    private func explainPolicy(
        _ operation: Operation, _ path: String, _ kind: Identity.Kind,
        in explanation: inout AuthorizationExplanation
    ) {
        guard let own = kind.confinement else {
            explanation.pass("policy", "operators may do it with the rows of every tenant")
            return
        }
        guard !operation.isForOperators else {
            explanation.refuse(
                "policy", "it is for operators only, whatever permissions a user of a tenant has", status: 403)
            return
        }
        explanation.pass("policy", "users of a tenant may do it with the rows of their tenant")
        guard operation.path.hasPrefix("/tenants/{id}"),
            let named = PathTemplate(operation.path).values(in: path)?["id"], Identifier(String(named)) != own
        else { return }
        explanation.refuse("rows", "the path names another tenant, which does not exist for the caller", status: 404)
    }
}
