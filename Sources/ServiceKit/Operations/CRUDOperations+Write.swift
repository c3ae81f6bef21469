import Entities
import HTTPTypes
import JSONCoding
import Primitives

extension CRUDOperations {
    /// `POST /x`: a new row. Answers 201 with its `Location`.
    package func create(acceptsOwnIDs: Bool = false) -> Operation {
        let ownID = Schema.Property(
            Entity.id, .string(format: .uuid).described("Optional id chosen by the client; generated if omitted"))
        return Operation(
            .post, path, id: "\(controller).create", summary: "Create one \(entity.name)",
            access: access.create,
            requestBody: acceptsOwnIDs ? entity.newSchema.adding(ownID) : entity.newSchema,
            responses: [
                .init(.created, "The new \(entity.name)", schema: entity.schema, headers: [.location, .eTag])
            ],
            failures: conflictFailures,
            idempotency: .recover { recovery in
                let record = try await repository.findByID(try recovery.created(), in: recovery.scope)
                return try .created(record, location: "\(path)/\(try record.id)")
            },
            handler: .scoped { call in
                var values = try FieldValues(entity, json: try call.request.object())
                let id = values.identifier ?? repository.newIdentifier()
                values.identifier = id
                let record = try await repository.create(values, in: call.writeContext)
                await onChange(.saved(record))
                return try .created(record, location: "\(path)/\(id)")
            })
    }

    /// `PATCH /x`: the same change to all rows that match. Needs a `where`, `{}` for all rows.
    package func updateAll() -> Operation {
        Operation(
            .patch, path, id: "\(controller).updateAll", summary: "Change all \(entity.name) entities that match",
            access: access.update, parameters: [.condition(entity, isRequired: true)],
            requestBody: entity.partialSchema, responses: [.init(.ok, "The number of changed rows", schema: .count)],
            failures: conflictFailures,
            handler: .scoped { call in
                let changes = try FieldValues(entity, json: try writableBody(call))
                let condition = try Where.parse(
                    QueryParameter.all(call.request.query), for: entity, limits: limits)
                guard let condition else {
                    throw HTTPFailure(
                        .badRequest, name: "BadRequestError",
                        message: "Required parameter where is missing! Send where={} to change all rows.",
                        code: "MISSING_REQUIRED_PARAMETER")
                }
                let changed = try await repository.updateAll(changes, where: condition, in: call.writeContext)
                await onChange(.changed(changed))
                return .count(changed.count)
            })
    }

    /// `PATCH /x/{id}`: some fields.
    package func updateByID() -> Operation {
        Operation(
            .patch, "\(path)/{id}", id: "\(controller).updateById", summary: "Change fields of one \(entity.name)",
            access: access.update, parameters: [.id, .ifMatch, .preferReturn],
            requestBody: entity.partialSchema,
            responses: [
                .init(.noContent, "Changed", headers: [.eTag]),
                .init(
                    .ok, "The changed \(entity.name), with Prefer: return=representation", schema: entity.schema,
                    headers: [.eTag, .preferenceApplied]),
            ], failures: writeFailures,
            handler: .scoped { call in
                let changes = try FieldValues(entity, json: try writableBody(call))
                let id = try writeTarget(call)
                let record = try await observing(id) {
                    try await repository.updateByID(
                        id, changes, in: call.writeContext, ifVersion: try call.request.versionCondition())
                }
                await onChange(.saved(record))
                return try .changed(record, for: call.request)
            })
    }

    /// `PUT /x/{id}`: all fields; the ones that are left out become null.
    package func replaceByID() -> Operation {
        Operation(
            .put, "\(path)/{id}", id: "\(controller).replaceById", summary: "Replace one \(entity.name)",
            access: access.update, parameters: [.id, .ifMatch, .preferReturn],
            requestBody: entity.replacementSchema,
            responses: [
                .init(.noContent, "Replaced"),
                .init(
                    .ok, "The replaced \(entity.name), with Prefer: return=representation", schema: entity.schema,
                    headers: [.preferenceApplied]),
            ], failures: writeFailures,
            handler: .scoped { call in
                let values = try FieldValues(entity, json: try writableBody(call))
                let id = try writeTarget(call)
                let record = try await observing(id) {
                    try await repository.replaceByID(
                        id, values, in: call.writeContext, ifVersion: try call.request.versionCondition())
                }
                await onChange(.saved(record))
                return try .changed(record, for: call.request)
            })
    }

    /// `DELETE /x/{id}`: marks the row as deleted.
    package func deleteByID() -> Operation {
        Operation(
            .delete, "\(path)/{id}", id: "\(controller).deleteById", summary: "Delete one \(entity.name)",
            access: access.delete, parameters: [.id, .ifMatch],
            responses: [.init(.noContent, "Deleted")],
            failures: [
                .notFound: "There is no such \(entity.name)", .preconditionFailed: Self.preconditionFailure,
            ],
            handler: .scoped { call in
                let id = try writeTarget(call)
                let record = try await observing(id) {
                    try await repository.deleteByID(
                        id, in: call.writeContext, ifVersion: try call.request.versionCondition())
                }
                await onChange(.deleted(id: try record.id, version: try record.version))
                return .noContent
            })
    }

    /// `POST /x/{id}/restore`: takes a deletion back. For operators who may delete.
    package func restoreByID() -> Operation {
        Operation(
            .post, "\(path)/{id}/restore", id: "\(controller).restoreById",
            summary: "Restore one deleted \(entity.name)", access: access.delete.forOperators,
            parameters: [.id],
            responses: [.init(.ok, "The restored \(entity.name)", schema: entity.schema, headers: [.eTag])],
            failures: [
                .notFound: "There is no deleted \(entity.name) with this id",
                .conflict: "A unique value is already in use",
            ],
            idempotency: .recover { recovery in
                try .entity(
                    try await repository.findByID(try recovery.created(), in: recovery.scope), for: recovery.request)
            },
            handler: .scoped { call in
                let id = try writeTarget(call)
                let record = try await observing(id) {
                    try await repository.restoreByID(id, in: call.writeContext)
                }
                await onChange(.saved(record))
                return try .entity(record, for: call.request)
            }
        )
    }

    /// Runs a write of a row. When it fails in a way that leaves its outcome open, that is reported like a change.
    private func observing(_ id: Identifier, _ write: () async throws -> Record) async throws -> Record {
        do {
            return try await write()
        } catch {
            if WriteOutcome.isUncertain(after: error) { await onChange(.uncertain(id: id)) }
            throw error
        }
    }

    /// The body of a change.
    /// - Throws: 403 that names a field which is not the caller's to change.
    private func writableBody(_ call: ScopedRequest) throws(HTTPFailure) -> JSONObject {
        let body = try call.request.object()
        guard let writableByTenant, !call.scope.isOperator else { return body }
        for (name, _) in body where !writableByTenant.contains(name) {
            throw .reservedToOperators("/\(name)")
        }
        return body
    }

    /// The row a write is about; an id that is not a UUID names none.
    private func writeTarget(_ call: ScopedRequest) throws(HTTPFailure) -> Identifier {
        let text = call.request.pathParameter("id")
        guard let id = Identifier(text) else { throw .entityNotFound(model: entity.table, id: text) }
        return id
    }

    /// What the document says of 412.
    package static let preconditionFailure = "The row does not have a version of If-Match; nothing was changed"

    private var conflictFailures: [HTTPResponse.Status: String] {
        [
            .conflict: "A unique value is already in use",
            .notFound: "An entity that the body refers to does not exist",
        ]
    }

    private var writeFailures: [HTTPResponse.Status: String] {
        [
            .notFound: "There is no such \(entity.name), or an entity that the body refers to does not exist",
            .conflict: "A unique value is already in use", .preconditionFailed: Self.preconditionFailure,
        ]
    }
}
