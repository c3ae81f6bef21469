import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import ServicePlatform

/// The rules of API keys.
struct APIKeyService: Sendable {
    let keys: EntityRepository
    let repository: APIKeyRepository
    let credentials: Credentials
    let policy: APIKeyPolicy
    let configuration: APIKeyConfiguration

    /// What a caller asks for.
    struct NewKey: Sendable {
        /// Name and description.
        var values: FieldValues
        var audience: APIKey.Audience?
        var tenant: Identifier?
        var grants: APIKeyPolicy.Grants
        var expiresOn: Timestamp?
    }

    /// A key with its secret, which is shown once.
    struct Secured: Sendable {
        let record: Record
        let text: APIKeyText
    }

    // MARK: Creation

    /// Adds a key.
    /// - Throws: ``APIKeyError``, `ValidationFailure`.
    func create(_ new: NewKey, by caller: Identity, in context: WriteContext) async throws -> Secured {
        let (audience, tenant) = try owner(of: new, in: context.scope)
        try policy.checkKnown(new.grants, of: audience)
        try policy.checkHeld(new.grants, of: audience, by: caller.permissions)
        let longest = try await longestEnd(for: caller, in: context)
        let usual = min(context.now.adding(configuration.defaultLifetime), longest.end)
        let end = try checkedEnd(new.expiresOn, default: usual, longest, context)

        let text = APIKeyText.make()
        var values = new.values
        let id = keys.newIdentifier()
        values.identifier = id
        if let tenant { values[APIKey.tenantID] = tenant }
        values[APIKey.prefix] = text.prefix
        values[APIKey.permissions] = new.grants.permissions
        values[APIKey.roles] = new.grants.roles
        values[APIKey.expiresOn] = end
        var alongside = [APIKeyRepository.secret(credentials.hasher.hash(text), of: id)]
        if let maker = caller.apiKey { alongside.append(APIKeyRepository.requireMaker(maker)) }
        alongside += APIKeyRepository.limit(configuration.maximumKeys, of: tenant, at: context.now)
        do throws(RepositoryError) {
            let record = try await keys.create(values, in: context, alongside: alongside)
            return Secured(record: record, text: text)
        } catch {
            guard error == .unexpected(sqlState: SQLState.divisionByZero) else { throw error }
            // If the key that makes the request was deleted meanwhile, it is not found.
            if let maker = caller.apiKey { _ = try await keys.findByID(maker, in: context.scope) }
            throw APIKeyError.tooMany(limit: configuration.maximumKeys)
        }
    }

    /// Whose a new key is. Operators have to say it, so that a forgotten member never makes a key for all tenants.
    private func owner(
        of new: NewKey, in scope: TenantScope
    ) throws -> (APIKey.Audience, Identifier?) {
        if let own = scope.tenantID {
            guard new.audience != .operator else { throw APIKeyError.operatorsOnly }
            guard new.tenant == nil || new.tenant == own else {
                throw ValidationFailure([
                    ValidationDetail(path: APIKey.tenantID.path, code: "tenant", message: "must be your tenant")
                ])
            }
            return (.tenant, own)
        }
        switch new.audience {
        case nil: throw ValidationFailure.required("", APIKey.audience.name)
        case .operator:
            guard new.tenant == nil else {
                throw ValidationFailure([
                    ValidationDetail(
                        path: APIKey.tenantID.path, code: "tenant", message: "must be absent for a key of the operator")
                ])
            }
            return (.operator, nil)
        case .tenant:
            guard let tenant = new.tenant else { throw ValidationFailure.required("", APIKey.tenantID.name) }
            return (.tenant, tenant)
        }
    }

    // MARK: Ends

    private struct LongestEnd {
        let end: Timestamp
        let reason: String
    }

    /// A key that is made or rotated by another one ends with it at the latest, so that nobody keeps access beyond the end of a
    /// key by making another one.
    private func longestEnd(for caller: Identity, in context: WriteContext) async throws -> LongestEnd {
        let end = context.now.adding(configuration.maximumLifetime)
        guard let id = caller.apiKey else {
            let days = configuration.maximumLifetime.components.seconds / 86_400
            return LongestEnd(end: end, reason: "must be within \(days) days (API_KEY_MAX_DAYS)")
        }
        let own = try await keys.findByID(id, in: context.scope)[APIKey.expiresOn]
        return LongestEnd(
            end: min(end, own), reason: "must not be later than the end of the key that makes the request")
    }

    private func checkedEnd(
        _ wanted: Timestamp?, default usual: Timestamp, _ longest: LongestEnd, _ context: WriteContext
    ) throws(ValidationFailure) -> Timestamp {
        guard let wanted else { return Timestamp(milliseconds: usual.milliseconds) }
        let problem: String? =
            if wanted <= context.now {
                "must be in the future"
            } else if wanted > longest.end {
                longest.reason
            } else {
                nil
            }
        guard let problem else { return Timestamp(milliseconds: wanted.milliseconds) }
        throw ValidationFailure([
            ValidationDetail(path: APIKey.expiresOn.path, code: "range", message: problem)
        ])
    }

    // MARK: Rotation

    /// Gives a key a new secret; the former one is accepted until the overlap is over. Of several rotations within an overlap
    /// only the last two secrets are accepted.
    /// - Parameter expiresOn: The end of the new secret. Nil: the usual lifetime, at least as long as before.
    /// - Throws: ``APIKeyError``, `ValidationFailure`, `RepositoryError`.
    func rotate(
        _ id: Identifier, overlap: Duration, expiresOn: Timestamp?, reason: String?,
        ifVersion condition: VersionCondition?,
        by caller: Identity, in context: WriteContext
    ) async throws -> Secured {
        let longest = try await longestEnd(for: caller, in: context)
        let current = try await keys.findByID(id, in: context.scope)
        let version = try current.version
        try condition?.require(version)
        if caller.apiKey != nil {
            let makers = try await repository.makers(of: id, in: context.scope)
            guard APIKeyPolicy.mayRotate(madeWith: makers, caller) else { throw APIKeyError.notOwn }
        }
        // What a key may do never changes.
        try policy.checkHeld(
            APIKeyPolicy.Grants(permissions: try current[APIKey.permissions], roles: try current[APIKey.roles]),
            of: try current[APIKey.audience], by: caller.permissions)
        let usual = max(try current[APIKey.expiresOn], context.now.adding(configuration.defaultLifetime))
        let text = APIKeyText.make()
        let rotation = APIKeyRepository.Rotation(
            hash: credentials.hasher.hash(text), prefix: text.prefix,
            expiresOn: try checkedEnd(expiresOn, default: min(usual, longest.end), longest, context),
            overlapEnd: Timestamp(milliseconds: context.now.adding(overlap).milliseconds), reason: reason)
        guard try await repository.rotate(id, version: condition.map { _ in version }, rotation, in: context) else {
            // Another version, or deleted meanwhile.
            let changed = try await keys.findByID(id, in: context.scope)
            throw RepositoryError.versionMismatch(current: try changed.version)
        }
        let rotated = try await keys.findByID(id, in: context.scope)
        await credentials.keys.rowsChanged([RowVersion(id: id, version: try rotated.version)])
        return Secured(record: rotated, text: text)
    }

    // MARK: Deletion

    /// Deletes a key, and those that were made with it. They are refused on this node at once, and on others within seconds.
    /// - Throws: `RepositoryError`.
    func delete(_ id: Identifier, ifVersion condition: VersionCondition?, in context: WriteContext) async throws {
        _ = try await keys.deleteByID(
            id, in: context, ifVersion: condition,
            alongside: APIKeyRepository.deleteDescendants(of: id, in: context))
        // Which keys were made with it, only the database knows.
        await credentials.keys.reset()
    }
}

extension Identity {
    /// The API key that the caller has shown; nil for another credential.
    fileprivate var apiKey: Identifier? {
        guard case .apiKey(let id) = credential else { return nil }
        return id
    }
}
