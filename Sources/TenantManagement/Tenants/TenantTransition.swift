/// A change of a tenant's status that is legal, and what may cause it.
///
/// The database has the same table (`main.next_tenant_statuses`) and rejects every other change, whoever makes it; a test
/// compares both.
package struct TenantTransition: Sendable, Hashable {
    /// What changes the status of a tenant.
    package enum Cause: String, Sendable, CaseIterable {
        /// `PATCH`, `PUT` or bulk `PATCH` of the status.
        case operatorChange = "operator"
        /// `POST /tenants/{id}/provision`, or a subscription that became active.
        case provisioning
        /// The signed report of a pipeline.
        case callback
        /// No callback in time.
        case timeout
        /// `POST /tenants/{id}/suspend`.
        case suspension
        /// `POST /tenants/{id}/reactivate`.
        case reactivation
        /// The end of the grace period of an off-boarding.
        case offboarding
    }

    package let from: Tenant.Status
    package let to: Tenant.Status
    package let causes: [Cause]

    init(_ from: Tenant.Status, _ to: Tenant.Status, _ causes: Cause...) {
        self.from = from
        self.to = to
        self.causes = causes
    }

    /// Every legal change. PROVISIONING and DEPROVISIONING are entered only together with the work that leaves them again.
    package static let all: [TenantTransition] = [
        .init(.active, .deprovisioning, .offboarding),
        .init(.active, .inactive, .operatorChange, .suspension),
        .init(.pendingProvision, .active, .operatorChange),
        .init(.pendingProvision, .provisioning, .provisioning),
        .init(.pendingProvision, .deprovisioning, .offboarding),
        .init(.pendingProvision, .inactive, .operatorChange, .suspension),
        .init(.provisioning, .active, .operatorChange, .callback),
        .init(.provisioning, .provisionFailed, .operatorChange, .callback, .timeout),
        .init(.provisioning, .inactive, .operatorChange),
        .init(.provisionFailed, .active, .operatorChange),
        .init(.provisionFailed, .pendingProvision, .operatorChange),
        .init(.provisionFailed, .provisioning, .provisioning),
        .init(.provisionFailed, .deprovisioning, .offboarding),
        .init(.provisionFailed, .inactive, .operatorChange, .suspension),
        .init(.deprovisioning, .inactive, .operatorChange, .callback),
        .init(.inactive, .active, .operatorChange, .reactivation),
        .init(.inactive, .pendingProvision, .operatorChange, .reactivation),
        .init(.inactive, .provisioning, .provisioning),
        .init(.inactive, .provisionFailed, .operatorChange, .reactivation),
        .init(.inactive, .deprovisioning, .offboarding),
    ]

    /// The states from which a tenant can be deleted. A deleted tenant keeps its status and returns to it when it is restored.
    package static let deletable = Tenant.Status.allCases.filter { $0 != .deprovisioning }

    /// The states that may follow a state, by one cause or by any.
    package static func next(after status: Tenant.Status, by cause: Cause? = nil) -> [Tenant.Status] {
        all.filter { $0.from == status && (cause.map($0.causes.contains) ?? true) }.map(\.to)
    }

    /// The states from which a cause leads to a state.
    package static func sources(of status: Tenant.Status, by cause: Cause) -> [Tenant.Status] {
        all.filter { $0.to == status && $0.causes.contains(cause) }.map(\.from)
    }
}
