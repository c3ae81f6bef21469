import PostgresClient
import Primitives

@testable import Entities

extension TenantScope {
    /// A write of this scope with nothing that commits with it.
    var write: WriteContext { WriteContext(scope: self, now: SystemClock().now()) }
}

/// Writes with nothing that commits with them. The library has no such methods, so that no caller forgets its marks.
extension EntityRepository {
    func create(
        _ values: FieldValues, in scope: TenantScope, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await create(values, in: scope.write, alongside: alongside)
    }

    func createAll(
        _ rows: [FieldValues], in scope: TenantScope, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> [Record] {
        try await createAll(rows, in: scope.write, resource: nil, alongside: alongside)
    }

    func updateById(
        _ id: Identifier, _ changes: FieldValues, in scope: TenantScope, ifVersion version: VersionCondition? = nil,
        alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await updateById(id, changes, in: scope.write, ifVersion: version, alongside: alongside)
    }

    func replaceById(
        _ id: Identifier, _ values: FieldValues, in scope: TenantScope, ifVersion version: VersionCondition? = nil,
        alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await replaceById(id, values, in: scope.write, ifVersion: version, alongside: alongside)
    }

    func deleteById(
        _ id: Identifier, in scope: TenantScope, ifVersion version: VersionCondition? = nil,
        alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await deleteById(id, in: scope.write, ifVersion: version, alongside: alongside)
    }

    func restoreById(
        _ id: Identifier, in scope: TenantScope, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await restoreById(id, in: scope.write, alongside: alongside)
    }

    func updateAll(
        _ changes: FieldValues, where condition: Where, in scope: TenantScope, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> [RowVersion] {
        try await updateAll(changes, where: condition, in: scope.write, alongside: alongside)
    }
}
