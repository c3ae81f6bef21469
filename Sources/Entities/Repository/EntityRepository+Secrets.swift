import JSONCoding
import PostgresClient
import Primitives

/// How secret members are sealed on their way into rows. They are bound to the tenant of the row, so a change has to know it.
extension EntityRepository {
    /// Others may change the row meanwhile.
    private static let maximumAttempts = 10

    /// The values of a new row, sealed.
    func sealed(_ values: FieldValues, in scope: TenantScope) throws(RepositoryError) -> FieldValues {
        guard !entity.secretFields.isEmpty else { return values }
        guard let secrets else { throw .unexpected(sqlState: nil) }
        // Without a tenant there is no row: the insert says so.
        let owner = secrets.owner(in: values) ?? scope.tenantID?.description ?? ""
        return try sealed(values, secrets, owner: owner, stored: nil)
    }

    /// Makes a change of a row with sealed values: of the version that was read, so that its tenant is the one it is sealed for.
    func sealing(
        _ values: FieldValues, of id: Identifier, in scope: TenantScope, ifVersion version: VersionCondition?,
        _ change: (FieldValues, VersionCondition?) async throws(RepositoryError) -> Record
    ) async throws(RepositoryError) -> Record {
        guard let owner = entity.secretFields.isEmpty ? nil : entity.tenantField,
            ([owner] + entity.secretFields).contains(where: { values.writes($0) })
        else { return try await change(values, version) }
        guard let secrets else { throw .unexpected(sqlState: nil) }
        var attempt = 1
        while true {
            let stored = try await findByID(id, in: scope)
            let current = try stored.version
            try version?.require(current)
            do {
                return try await change(try resealed(values, secrets, stored), .exactly(current))
            } catch {
                guard case .versionMismatch = error, attempt < Self.maximumAttempts else { throw error }
                attempt += 1
            }
        }
    }

    /// A change of many rows would need a value of its own for each tenant.
    func refuseSecretsInBulk(_ changes: FieldValues) throws(RepositoryError) {
        guard !entity.secretFields.isEmpty, let owner = entity.tenantField else { return }
        if changes.writes(owner) { throw .ruleViolation(.secretsInBulk(["\(owner.name)"])) }
        for field in entity.secretFields {
            guard let document = try Self.document(changes, field), let path = document.pathOfSecret else { continue }
            throw .ruleViolation(.secretsInBulk([field.name] + path))
        }
    }

    private func sealed(
        _ values: FieldValues, _ secrets: RecordSecrets, owner: String, stored: Record?
    ) throws(RepositoryError) -> FieldValues {
        var values = values
        for field in secrets.fields {
            guard let document = try Self.document(values, field), document.pathOfSecret != nil else { continue }
            let former = try stored.flatMap { (record) throws(RepositoryError) in try Self.document(record, field) }
            do {
                values[field.name] = .json(
                    try secrets.sealer.sealed(document: document, owner: owner, former: former).serialized())
            } catch {
                throw .unexpected(sqlState: nil)
            }
        }
        return values
    }

    /// The values of a change, sealed for the tenant that the row has afterwards; with what was sealed for another one.
    private func resealed(
        _ values: FieldValues, _ secrets: RecordSecrets, _ stored: Record
    ) throws(RepositoryError) -> FieldValues {
        guard let former = secrets.owner(of: stored) else { throw .unexpected(sqlState: nil) }
        let owner = secrets.owner(in: values) ?? former
        guard owner != former else { return try sealed(values, secrets, owner: owner, stored: stored) }
        var values = values
        for field in secrets.fields where !values.writes(field) {
            guard let document = try Self.document(stored, field), document.pathOfSecret != nil else { continue }
            values[field.name] = .json(secrets.opened(document, of: field, in: stored).serialized())
        }
        return try sealed(values, secrets, owner: owner, stored: nil)
    }

    private static func document(
        _ values: FieldValues, _ field: FieldDefinition
    ) throws(RepositoryError) -> JSONValue? {
        guard case .json(let bytes) = values[field.name] else { return nil }
        return try parsed(bytes)
    }

    private static func document(_ record: Record, _ field: FieldDefinition) throws(RepositoryError) -> JSONValue? {
        guard let bytes = try record.jsonIfPresent(field.name) else { return nil }
        return try parsed(bytes)
    }

    private static func parsed(_ bytes: [UInt8]) throws(RepositoryError) -> JSONValue {
        do { return try JSONValue.parse(stored: bytes) } catch { throw .unexpected(sqlState: nil) }
    }
}

extension ValidationDetail {
    /// A bulk change of secrets, or of the tenant that secrets are bound to.
    fileprivate static func secretsInBulk(_ path: [String]) -> ValidationDetail {
        ValidationDetail(
            path: path.map { "/" + JSONPointer.escape($0) }.joined(), code: "secret",
            message: "must not be changed in many rows at once: secrets are encrypted for the tenant of their row")
    }
}
