package import Entities
import HTTPTypes
import JSONCoding

extension CRUDOperations {
    /// `GET /x`: the rows that match a filter, a page at a time.
    package func find() -> Operation {
        Operation(
            .get, path, id: "\(controller).find", summary: "List \(entity.name) entities that match a filter",
            access: access.view,
            parameters: [.filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of \(entity.name)", schema: .array(of: entity.schemaWithRelations),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: conditionFailures,
            handler: .scoped { call in
                try await ListQuery(call, of: entity, in: catalog, limits: limits, views: views)
                    .page(of: repository, for: call)
            })
    }

    /// `GET /x/count`: how many rows match.
    package func count() -> Operation {
        Operation(
            .get, "\(path)/count", id: "\(controller).count", summary: "Count \(entity.name) entities",
            access: access.view, parameters: [.condition(entity)],
            responses: [.init(.ok, "The count", schema: .count)], failures: conditionFailures,
            handler: .scoped { call in
                let condition = try Where.parse(
                    QueryParameter.all(call.request.query), for: entity, limits: limits)
                return .count(try await repository.count(condition ?? .everything, in: call.scope))
            })
    }

    /// `GET /x/{id}`: one row.
    package func findByID() -> Operation {
        Operation(
            .get, "\(path)/{id}", id: "\(controller).findById", summary: "Read one \(entity.name)",
            access: access.view,
            parameters: [.id, .filterWithoutWhere(entity, limits), .ifNoneMatch],
            responses: [
                .init(.ok, entity.name, schema: entity.schemaWithRelations, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such \(entity.name)"],
            handler: .scoped { call in try .entity(try await read(call), for: call.request) })
    }

    /// What the document says of conditions on secrets.
    private var conditionFailures: [HTTPResponse.Status: String] {
        entity.secretFields.isEmpty
            ? [:] : [.unprocessableContent: "A condition is about a secret, which is stored encrypted"]
    }

    /// The row that a `GET /x/{id}` asks for, with the filter's fields and relations.
    /// - Throws: 404 in the form of reads (`EntityNotFound`).
    package func read(_ call: ScopedRequest) async throws -> Record {
        let id = try call.request.identifier()
        let filter = try Filter.parse(
            QueryParameter.all(call.request.query), for: entity, in: catalog, limits: limits, allowsWhere: false)
        try views.require(filter, of: entity, in: catalog, for: call.identity)
        do {
            return try await repository.findByID(id, filter: filter, in: call.scope)
        } catch RepositoryError.notFound {
            throw HTTPFailure.entityNotFound
        }
    }
}

extension Schema {
    /// `{"count": n}`.
    package static let count = Schema.object(
        [.init("count", .integer(minimum: 0).example(1), required: true)], name: "loopback.Count")
}

extension QueryParameter {
    /// Every parameter of a query string.
    package static func all(_ query: String) -> [QueryParameter] {
        query.isEmpty ? [] : QueryString.pairs(query).map { QueryParameter($0.name, $0.value) }
    }
}
