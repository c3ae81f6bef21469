package import Entities
import HTTPTypes

extension CRUDOperations {
    /// `GET /x`: the rows that match a filter.
    package func find() -> Operation {
        Operation(
            .get, path, id: "\(controller).find", summary: "List \(entity.name) entities that match a filter",
            security: .bearer(permissions: permissions.view), parameters: [.filter],
            responses: [
                .init(.ok, "Array of \(entity.name)", schema: .array(of: entity.schemaWithRelations))
            ],
            handler: .scoped { call in
                let filter = try Filter.parse(
                    QueryParameter.all(call.request.query), for: entity, in: catalog, limits: limits)
                return .json(try await repository.find(filter, in: call.scope).json)
            })
    }

    /// `GET /x/count`: how many rows match.
    package func count() -> Operation {
        Operation(
            .get, "\(path)/count", id: "\(controller).count", summary: "Count \(entity.name) entities",
            security: .bearer(permissions: permissions.view), parameters: [.condition],
            responses: [.init(.ok, "The count", schema: .count)],
            handler: .scoped { call in
                let condition = try Where.parse(
                    QueryParameter.all(call.request.query), for: entity, limits: limits)
                return .count(try await repository.count(condition ?? .everything, in: call.scope))
            })
    }

    /// `GET /x/{id}`: one row.
    package func findById() -> Operation {
        Operation(
            .get, "\(path)/{id}", id: "\(controller).findById", summary: "Read one \(entity.name)",
            security: .bearer(permissions: permissions.view), parameters: [.id, .filterWithoutWhere],
            responses: [.init(.ok, entity.name, schema: entity.schemaWithRelations)],
            failures: [.notFound: "There is no such \(entity.name)"],
            handler: .scoped { call in .json(try await read(call).json) })
    }

    /// The row that a `GET /x/{id}` asks for, with the filter's fields and relations.
    /// - Throws: 404 in the form of reads (`EntityNotFound`).
    package func read(_ call: ScopedRequest) async throws -> Record {
        let id = try call.request.identifier()
        let filter = try Filter.parse(
            QueryParameter.all(call.request.query), for: entity, in: catalog, limits: limits, allowsWhere: false)
        do {
            return try await repository.findById(id, filter: filter, in: call.scope)
        } catch RepositoryError.notFound {
            throw HTTPFailure.entityNotFound
        }
    }
}

extension OperationParameter {
    /// The id of a row.
    package static let id = OperationParameter(
        "id", in: .path, schema: .string(format: .uuid), description: "Identifier, a UUID")

    /// LoopBack's `filter` (contract 4.1).
    package static let filter = OperationParameter(
        "filter", in: .query, schema: .freeObject,
        description: "where, fields, order, limit, skip, offset, include; as JSON or as filter[where][name]=x",
        isJSON: true)

    /// LoopBack's `filter` without `where`, for single rows.
    package static let filterWithoutWhere = OperationParameter(
        "filter", in: .query, schema: .freeObject, description: "fields, include; as JSON or in brackets", isJSON: true)

    /// LoopBack's `where` (contract 4.2).
    package static let condition = OperationParameter(
        "where", in: .query, schema: .freeObject,
        description: "Which rows; as JSON or as where[name]=x", isJSON: true)
}

extension Schema {
    /// `{"count": n}`.
    package static let count = Schema.object(
        [.init("count", .integer(minimum: 0), required: true)], name: "loopback.Count")
}

extension QueryParameter {
    /// Every parameter of a query string.
    package static func all(_ query: String) -> [QueryParameter] {
        query.isEmpty ? [] : QueryString.pairs(query).map { QueryParameter($0.name, $0.value) }
    }
}
