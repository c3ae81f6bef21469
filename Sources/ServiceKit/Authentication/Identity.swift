package import Entities
package import Primitives

/// The caller that a verified credential identifies.
package struct Identity: Sendable, Hashable {
    /// The kind of caller, which only an ``Authenticator`` determines, for tokens by
    /// ``Identity/Kind/init(claims:configuration:)``. Code that needs to know whether a caller is an operator checks this, or
    /// the scope that is made from it, never a claim.
    package enum Kind: Sendable, Hashable {
        /// A user who administers every tenant.
        case `operator`
        /// A user of one tenant.
        case tenantUser(Identifier)
        /// A prospect who has validated an e-mail address and is confined to this lead.
        case lead(Identifier)
        /// A program without a user that acts for all tenants, such as another service.
        case service
    }

    /// What the caller has shown.
    package enum Credential: Sendable, Hashable {
        /// A signed token; its claim `jti` if it has one.
        case token(id: String?)
        /// An API key.
        case apiKey(Identifier)
        /// A session of a browser, by its name for lists and logs, which is not its secret.
        case session(id: String)
    }

    /// The kind of caller.
    package let kind: Kind
    /// What the caller has shown.
    package let credential: Credential
    /// The user (claim `id` of a token), or an API key's id. Service tokens may lack it; it need not be a UUID.
    package let id: String?
    /// Claim `userTenantId`: the audit identity, before `id`.
    package let userTenantID: String?
    /// Claim `permissions`, of which only texts count, and what the roles of the claim `role` allow.
    package let permissions: Set<String>
    /// Owner of the caller's idempotency keys.
    let keyOwner: IdempotencyOwner

    /// A caller that something else than a token identifies.
    package init(
        kind: Kind, credential: Credential, id: String, userTenantID: String? = nil, permissions: Set<String>
    ) {
        self.kind = kind
        self.credential = credential
        self.id = id
        self.userTenantID = userTenantID
        self.permissions = permissions
        keyOwner =
            switch credential {
            case .apiKey(let key): IdempotencyOwner("api-key", [key.description])
            case .token, .session:
                IdempotencyOwner("user", [kind.confinement?.description, userTenantID, id])
            }
    }

    /// Reads the claims of a token whose signature and times have been verified.
    /// - Throws: 401 when a claim that restricts the caller cannot be read; 403 when the token names a tenant in a form
    ///   that cannot be one.
    init(
        claims: TokenClaims, configuration: TokenConfiguration, roles: RoleCatalog = .builtIn
    ) throws(HTTPFailure) {
        kind = try Kind(claims: claims, configuration: configuration)
        credential = .token(id: try claims.text("jti"))
        id = try claims.text("id")
        userTenantID = try claims.text("userTenantId")
        let granted = claims.grants("permissions")
        let expanded = roles.permissions(of: try claims.texts("role"), for: kind.roleAudience)
        // The set of a role is shared.
        permissions = granted.isSubset(of: expanded) ? expanded : granted.union(expanded)
        keyOwner = IdempotencyOwner("user", [try claims.text("tenantId"), userTenantID, id])
    }

    /// Text stored as `createdBy` and `modifiedBy`: `userTenantId ?? id`.
    package var auditID: String? { userTenantID ?? id }

    /// The rows that the caller may see.
    package var scope: TenantScope {
        let actor = Actor(id: auditID ?? "")
        return switch kind {
        case .operator, .service: .operatorScope(actor: actor)
        case .tenantUser(let tenant), .lead(let tenant): .tenant(tenant, actor: actor)
        }
    }

    /// Whether one of the accepted permissions is held. An empty list accepts every identity.
    package func holdsAny(of accepted: [String]) -> Bool {
        accepted.isEmpty || accepted.contains { permissions.contains($0) }
    }
}

extension Identity.Kind {
    /// The role of tokens that are issued to leads.
    package static let leadRole = "lead"

    /// Determines the kind of caller:
    /// - `tenantId` is `OPERATOR_TENANT_ID`: an operator.
    /// - `tenantId` is another UUID: a user of that tenant; with the role `lead` and the same `id`, that lead.
    /// - No `tenantId`: an operator, or a service when there is no `id` either. Tokens of the original have no `tenantId`
    ///   and keep working that way; `TOKEN_REQUIRE_TENANT=true` rejects them, for identity providers where a user may
    ///   lack the attribute by mistake. A lead is always confined: its role without a `tenantId` is rejected.
    /// - Throws: 401 when a claim cannot be read or is missing; 403 when `tenantId` is no UUID.
    init(claims: TokenClaims, configuration: TokenConfiguration) throws(HTTPFailure) {
        let isLead = try claims.texts("role").contains(Self.leadRole)
        let user = try claims.text("id")
        guard let text = try claims.text("tenantId") else {
            guard !isLead, !configuration.requiresTenant else { throw .invalidToken }
            self = user == nil ? .service : .operator
            return
        }
        if let own = configuration.operatorTenantID, text.hasSameBytes(as: own) {
            self = .operator
            return
        }
        guard let tenant = Identifier(text) else { throw .notAllowed }
        self = isLead && user.flatMap({ Identifier($0) }) == tenant ? .lead(tenant) : .tenantUser(tenant)
    }

    /// The roles that count for the caller. Leads have none: what they may do is in their tokens.
    package var roleAudience: Role.Audience? {
        switch self {
        case .operator, .service: .operator
        case .tenantUser: .tenant
        case .lead: nil
        }
    }

    /// The tenant or lead to which the caller is confined; nil for callers that see every tenant.
    package var confinement: Identifier? {
        switch self {
        case .operator, .service: nil
        case .tenantUser(let tenant), .lead(let tenant): tenant
        }
    }
}
