package import Primitives

/// The service itself as the audit columns know it: for jobs, consumers, callbacks, public sign-up, all that is done on
/// nobody's behalf.
///
/// A service makes one from its configuration (`SYSTEM_USER_ID`) and hands it on. There is no other way to a scope of the
/// system, so that no write can forget whose it is.
package struct SystemUser: Sendable, Hashable {
    /// What the audit columns hold; nil: NULL.
    package let identifier: Identifier?

    /// Makes one; see ``identifier``.
    package init(identifier: Identifier?) { self.identifier = identifier }

    /// Who does it.
    package var actor: Actor { Actor(id: identifier?.description ?? "SYSTEM") }

    /// Every tenant's rows, on behalf of the service itself.
    package var scope: TenantScope { .operatorScope(actor: actor) }
}
