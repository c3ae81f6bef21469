import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of endpoints.
struct WebhookEndpointService: Sendable {
    let endpoints: EntityRepository
    let secrets: WebhookSecretRepository
    let configuration: WebhookEndpointConfiguration

    /// An endpoint with the key that its receiver needs.
    struct Secured: Sendable {
        let record: Record
        let key: WebhookKey
    }

    /// What a request says about a new endpoint in addition to its fields.
    struct NewEndpoint: Sendable {
        var values: FieldValues
        let audience: WebhookEndpoint.Audience?
        let signing: WebhookEndpoint.Signing
    }

    /// Checks the members of a body that changes or adds endpoints.
    /// - Throws: ``ValidationFailure``.
    func check(_ body: JSONObject, in scope: TenantScope) throws(ValidationFailure) {
        var details: [ValidationDetail] = []
        if let url = body[WebhookEndpoint.url]?.stringValue, let problem = configuration.urls.problem(with: url) {
            details.append(ValidationDetail(path: WebhookEndpoint.url.path, code: "url", message: problem))
        }
        if let shown = WebhookPolicy.types(for: scope), let types = body[WebhookEndpoint.eventTypes]?.arrayValue {
            for (index, type) in types.enumerated() where !shown.contains(type.stringValue ?? "") {
                details.append(
                    ValidationDetail(
                        path: "\(WebhookEndpoint.eventTypes.path)/\(index)", code: "eventType",
                        message: "is a type of event for operators only",
                        info: ["allowedValues": .array(shown.map { .string($0) })]))
            }
        }
        guard details.isEmpty else { throw ValidationFailure(details) }
    }

    /// Adds an endpoint with a new key.
    /// - Throws: ``ValidationFailure``, ``WebhookEndpointError/tooMany(limit:)``.
    func create(_ new: NewEndpoint, in context: WriteContext) async throws -> Secured {
        var values = new.values
        let id = endpoints.newIdentifier()
        values.identifier = id
        values[WebhookEndpoint.signing] = new.signing
        let owner = try owner(of: new, in: context.scope)
        if let owner { values[WebhookEndpoint.ownerID] = owner }
        let key = WebhookKey.make(new.signing)
        var alongside = [try secrets.insert(key, endpoint: id, reason: nil, in: context)]
        if let owner { alongside += WebhookSecretRepository.limit(configuration.maximumEndpoints, of: owner) }
        do {
            return Secured(record: try await endpoints.create(values, in: context, alongside: alongside), key: key)
        } catch {
            guard error == .unexpected(sqlState: SQLState.divisionByZero) else { throw error }
            throw WebhookEndpointError.tooMany(limit: configuration.maximumEndpoints)
        }
    }

    /// The tenant that owns a new endpoint; nil for the operator.
    private func owner(of new: NewEndpoint, in scope: TenantScope) throws(ValidationFailure) -> Identifier? {
        if let own = scope.tenantID { return own }
        guard new.audience == .tenant else { return nil }
        guard let tenant = new.values[WebhookEndpoint.tenantID] else {
            throw .required("", WebhookEndpoint.tenantID.name)
        }
        return tenant
    }

    /// An endpoint with its current key.
    /// - Throws: ``WebhookEndpointError``.
    func secured(_ id: Identifier, in scope: TenantScope) async throws -> Secured {
        let key = try await secrets.current(of: id, in: scope)
        return Secured(record: try await endpoints.findByID(id, in: scope), key: key)
    }

    /// Gives an endpoint a new key; the former one signs as well until the overlap is over.
    /// - Parameter signing: Nil: as before, HMAC if the former key cannot be read.
    /// - Throws: ``WebhookEndpointError``.
    func rotate(
        _ id: Identifier, signing: WebhookEndpoint.Signing?, overlap: Duration, reason: String?,
        in context: WriteContext
    ) async throws -> WebhookKey {
        let former = try await secrets.find(id, in: context.scope)
        let key = WebhookKey.make(signing ?? former?.signing ?? .hmac)
        try await secrets.rotate(id, to: key, overlap: overlap, reason: reason, in: context)
        return key
    }
}
