package import Migrations

/// What databases of tests are copies of: the migrations of a service, which run once for a server.
package struct DatabaseTemplate: Sendable, Hashable, CustomStringConvertible {
    /// Part of the names of its databases; no two templates of one process have the same.
    package let name: String
    /// The role that services connect as; it owns nothing, unless it owns the whole database.
    package let runtimeRole: String
    /// The migrations of the service.
    package let migrations: [Migration]
    /// What the runtime role may do besides logging in.
    let roleOptions: String
    /// Whether the runtime role owns the database.
    let isOwnedByRuntimeRole: Bool
    /// Statements that run in each copy, in one transaction without triggers and foreign keys.
    let copyStatements: @Sendable (_ database: String) -> [String]

    package init(
        _ name: String, runtimeRole: String, roleOptions: String = "", isOwnedByRuntimeRole: Bool = false,
        migrations: [Migration], copyStatements: @escaping @Sendable (_ database: String) -> [String] = { _ in [] }
    ) {
        self.name = name
        self.runtimeRole = runtimeRole
        self.roleOptions = roleOptions
        self.isOwnedByRuntimeRole = isOwnedByRuntimeRole
        self.migrations = migrations
        self.copyStatements = copyStatements
    }

    package var description: String { name }

    package static func == (one: DatabaseTemplate, other: DatabaseTemplate) -> Bool { one.name == other.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
