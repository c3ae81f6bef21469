package import PostgresClient
package import Primitives

/// Who makes a change, for the audit columns.
package struct Actor: Sendable, Hashable {
    /// The user's id as the token has it; need not be a UUID.
    package let id: String
    /// The id as the audit columns hold it: nil, so NULL, when it is not a UUID (docs/contract/arc-api.md 15).
    package let identifier: Identifier?

    /// An actor by the id of its token.
    package init(id: String) {
        self.id = id
        identifier = Identifier(id)
    }

    /// Characters that audit columns of text hold.
    static let maximumTextLength = 100

    /// The id as audit columns of text hold it: its first hundred characters; nil when it is empty or cannot be stored.
    package var text: String? {
        guard !id.isEmpty, !id.containsNUL else { return nil }
        return id.prefix(scalars: Self.maximumTextLength)
    }

    /// The value of an audit column.
    func value(for field: FieldDefinition?) -> PostgresValue {
        field?.type == .string ? .optional(text) { .text($0) } : .optional(identifier) { .identifier($0) }
    }
}

/// On whose behalf a statement runs. Every method that touches rows takes one, so that it cannot be forgotten.
package enum TenantScope: Sendable, Hashable {
    /// An operator or the service itself (``SystemUser``): every tenant's rows.
    case operatorScope(actor: Actor)
    /// A tenant's own user: that tenant's rows and nothing else.
    case tenant(Identifier, actor: Actor)

    /// What row-level security reads for every tenant's rows: for handwritten statements. Those that change
    /// rows with audit columns must set the actor themselves.
    package static let everyTenant = [PostgresSetting("app.tenant_id", "*")]

    /// Who makes the change.
    package var actor: Actor {
        switch self {
        case .operatorScope(let actor), .tenant(_, let actor): actor
        }
    }

    /// Whether it covers every tenant: of an operator, or of the service itself.
    package var isOperator: Bool {
        if case .operatorScope = self { true } else { false }
    }

    /// The tenant; nil for operators.
    package var tenantID: Identifier? {
        if case .tenant(let tenant, _) = self { tenant } else { nil }
    }

    /// What row-level security reads: `app.tenant_id` is `*` or the tenant's id.
    package var settings: [PostgresSetting] {
        switch self {
        case .operatorScope: Self.everyTenant
        case .tenant(let tenant, _): [PostgresSetting("app.tenant_id", tenant.description)]
        }
    }
}
