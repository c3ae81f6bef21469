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

    func createAll(_ rows: [FieldValues], in scope: TenantScope) async throws(RepositoryError) -> [Record] {
        var records: [Record] = []
        for values in rows { records.append(try await create(values, in: scope)) }
        return records
    }

    func updateByID(
        _ id: Identifier, _ changes: FieldValues, in scope: TenantScope, ifVersion version: VersionCondition? = nil,
        alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await updateByID(id, changes, in: scope.write, ifVersion: version, alongside: alongside)
    }

    func replaceByID(
        _ id: Identifier, _ values: FieldValues, in scope: TenantScope, ifVersion version: VersionCondition? = nil,
        alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await replaceByID(id, values, in: scope.write, ifVersion: version, alongside: alongside)
    }

    func deleteByID(
        _ id: Identifier, in scope: TenantScope, ifVersion version: VersionCondition? = nil,
        alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await deleteByID(id, in: scope.write, ifVersion: version, alongside: alongside)
    }

    func restoreByID(
        _ id: Identifier, in scope: TenantScope, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await restoreByID(id, in: scope.write, alongside: alongside)
    }

    func updateAll(
        _ changes: FieldValues, where condition: Where, in scope: TenantScope, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> [RowVersion] {
        try await updateAll(changes, where: condition, in: scope.write, alongside: alongside)
    }
}
