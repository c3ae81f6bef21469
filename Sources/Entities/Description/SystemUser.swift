package import Primitives

/// The service itself as the audit columns know it: for jobs, consumers, callbacks, public sign-up: everything that is not
/// done on behalf of a user.
///
/// A service makes one from its configuration (`SYSTEM_USER_ID`) and hands it on. This is the only way to the scope of the
/// system, so that no write can omit its actor.
package struct SystemUser: Sendable, Hashable {
    /// What the audit columns hold; nil: NULL.
    package let identifier: Identifier?

    /// Makes one; see ``identifier``.
    package init(identifier: Identifier?) { self.identifier = identifier }

    /// The service as an actor.
    package var actor: Actor { Actor(id: identifier?.description ?? "SYSTEM") }

    /// Every tenant's rows, on behalf of the service itself.
    package var scope: TenantScope { .operatorScope(actor: actor) }
}
