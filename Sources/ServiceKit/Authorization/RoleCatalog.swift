/// What the names of roles stand for. A value without clock and database: ``RoleBook`` replaces it as a whole.
package struct RoleCatalog: Sendable, Hashable {
    /// The built-in roles alone.
    package static let builtIn = RoleCatalog()

    private let roles: [String: Role]

    /// - Parameters:
    ///   - file: Roles of `ROLES_FILE`.
    ///   - own: Roles that were added by `/roles`.
    ///
    /// Of roles whose names differ at most in case, a built-in one counts before one of the file, and that one before one of
    /// `/roles`.
    package init(file: [Role] = [], own: [Role] = []) {
        var taken: Set<String> = []
        var roles: [String: Role] = [:]
        for role in Role.builtIn + file + own
        where Role.isName(role.name) && taken.insert(role.name.lowercased()).inserted {
            roles[role.name] = role
        }
        self.roles = roles
    }

    /// The role with exactly this name, with the same upper- and lower-case letters; nil if no role has it.
    package func role(named name: String) -> Role? {
        // Swift compares some other characters as equal to ASCII ones, such as U+212A to `K`.
        Role.isName(name) ? roles[name] : nil
    }

    /// What roles allow together. Unknown names give nothing, and neither do roles of another audience.
    /// - Parameters:
    ///   - names: As the credential has them; exact, in this case.
    ///   - audience: Of the credential; nil for callers who have no roles, such as leads.
    package func permissions(of names: [String], for audience: Role.Audience?) -> Set<String> {
        guard let audience else { return [] }
        var permissions: Set<String> = []
        for name in names {
            guard let role = role(named: name), role.audience == audience else { continue }
            // The sets of single roles are shared by all callers who have them.
            permissions = permissions.isEmpty ? role.permissions : permissions.union(role.permissions)
        }
        return permissions
    }
}
