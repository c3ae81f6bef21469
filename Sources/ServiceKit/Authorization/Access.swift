/// Who may use an operation, as the policy of its feature says.
///
/// Every feature has one file that says who may do what with which of its rows and members: `…Policy.swift`. Its operations refer to the
/// members of that file, and ``OperationRunner`` enforces them. docs/authorization.md shows the whole of it, and a test
/// compares the two with the running services.
package struct Access: Sendable, Hashable {
    /// What the users of a tenant may do, whatever permissions they hold. Row-level security refuses them as well.
    package enum TenantUsers: Sendable, Hashable {
        /// Nothing.
        case refused
        /// With the rows of their tenant what operators may do with all rows.
        case ownRows
    }

    /// One of these codes is needed; an empty list accepts every valid credential.
    package let permissions: [String]
    package let tenantUsers: TenantUsers
    /// Whether what is asked for is about the caller itself, who needs no permission for it.
    package let isAboutCaller: Bool

    /// Operators only.
    package static func operators(_ permissions: String...) -> Access {
        Access(permissions: permissions, tenantUsers: .refused)
    }

    /// Operators, and users of a tenant with the rows of their tenant.
    package static func owners(_ permissions: String...) -> Access {
        Access(permissions: permissions, tenantUsers: .ownRows)
    }

    /// Every known caller, about itself.
    package static let caller = Access(permissions: [], tenantUsers: .ownRows, isAboutCaller: true)

    package init(permissions: [String], tenantUsers: TenantUsers, isAboutCaller: Bool = false) {
        self.permissions = permissions
        self.tenantUsers = tenantUsers
        self.isAboutCaller = isAboutCaller
    }

    /// The same for operators only.
    package var forOperators: Access {
        Access(permissions: permissions, tenantUsers: .refused, isAboutCaller: isAboutCaller)
    }
}
