import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import ServicePlatform

/// The rules of roles.
struct RoleService: Sendable {
    let roles: EntityRepository
    let repository: RoleRepository
    /// Told of each change, so that it counts on this node at once.
    let follower: RoleFollower

    /// Most own roles.
    static let maximumRoles = 500
    /// How often a change is tried again because somebody else has changed the role meanwhile.
    private static let attempts = 5

    /// Adds a role.
    /// - Parameter holder: The permissions of the caller.
    /// - Throws: ``RoleError``, `ValidationFailure`.
    func create(_ values: FieldValues, holder: Set<String>, in context: WriteContext) async throws -> Record {
        try check(name: values[StoredRole.name] ?? "")
        try check(permissions: values[StoredRole.permissions] ?? [], holder: holder)
        let record: Record
        do throws(RepositoryError) {
            record = try await roles.create(
                values, in: context, alongside: [RoleRepository.limit(Self.maximumRoles)])
        } catch {
            guard error == .unexpected(sqlState: SQLState.divisionByZero) else { throw error }
            throw RoleError.tooMany(limit: Self.maximumRoles)
        }
        await follower.look()
        return record
    }

    /// Changes a role. What it allows afterwards must be within what the caller may do, whatever is changed: a new name gives
    /// the role to others.
    /// - Throws: ``RoleError``, `ValidationFailure`.
    func update(
        _ id: Identifier, _ changes: FieldValues, holder: Set<String>, ifVersion condition: VersionCondition?,
        in context: WriteContext
    ) async throws -> Record {
        if let name = changes[StoredRole.name] { try check(name: name) }
        if let permissions = changes[StoredRole.permissions] { try check(permissions: permissions, holder: holder) }
        let record = try await changing(id, ifVersion: condition, in: context) { current, version in
            let (name, audience) = (try current[StoredRole.name], try current[StoredRole.audience])
            let isRenamed = (changes[StoredRole.name] ?? name) != name
            if isRenamed || (changes[StoredRole.audience] ?? audience) != audience { try await requireUnused(name) }
            if !changes.writes(StoredRole.permissions) {
                try check(permissions: try current[StoredRole.permissions], holder: holder)
            }
            return try await roles.updateByID(id, changes, in: context, ifVersion: version)
        }
        await follower.look()
        return record
    }

    /// Deletes a role that no API key has; tokens that name it have its permissions no longer.
    /// - Throws: ``RoleError``.
    func delete(_ id: Identifier, ifVersion condition: VersionCondition?, in context: WriteContext) async throws {
        _ = try await changing(id, ifVersion: condition, in: context) { current, version in
            try await requireUnused(try current[StoredRole.name])
            return try await roles.deleteByID(id, in: context, ifVersion: version)
        }
        await follower.look()
    }

    /// Runs a change of the row that was checked: if somebody changes it in between, it is checked again.
    private func changing(
        _ id: Identifier, ifVersion condition: VersionCondition?, in context: WriteContext,
        _ change: (Record, VersionCondition) async throws -> Record
    ) async throws -> Record {
        for _ in 0..<Self.attempts {
            let current = try await roles.findByID(id, in: context.scope)
            let source = try current[StoredRole.source]
            guard source == .own else {
                throw RoleError.readOnly(name: try current[StoredRole.name], source)
            }
            let version = try current.version
            try condition?.require(version)
            do {
                return try await change(current, .exactly(version))
            } catch {
                guard let failure = error as? RepositoryError, case .versionMismatch = failure else { throw error }
            }
        }
        throw RepositoryError.contention
    }

    /// Keys name roles, and have permissions from those of their audience only. One that is made at the same moment just has a
    /// role without effect.
    private func requireUnused(_ name: String) async throws {
        let keys = try await repository.keys(withRole: name)
        guard keys == 0 else { throw RoleError.inUse(keys: keys) }
    }

    private func check(name: String) throws(RoleError) {
        if Role.isReserved(name) { throw .nameTaken(name) }
    }

    private func check(permissions: [String], holder: Set<String>) throws {
        let unknown = permissions.indices.filter { !PermissionCatalog.isKnown(permissions[$0]) }
        guard unknown.isEmpty else {
            throw ValidationFailure(
                unknown.map { Self.detail($0, code: "permission", "is not a permission code") })
        }
        let foreign = RolePolicy.notHeld(permissions, by: holder)
        guard foreign.isEmpty else {
            throw RoleError.notHeld(
                foreign.map { Self.detail($0, code: "notHeld", "you do not have the permission \(permissions[$0])") })
        }
    }

    private static func detail(_ position: Int, code: String, _ message: String) -> ValidationDetail {
        ValidationDetail(path: "\(StoredRole.permissions.path)/\(position)", code: code, message: message)
    }
}
