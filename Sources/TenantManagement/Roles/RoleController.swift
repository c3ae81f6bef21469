import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of roles.
struct RoleController: Sendable {
    let crud: CRUDOperations
    let service: RoleService

    static let path = "/roles"

    var operations: [Operation] {
        [create(), crud.count(), crud.find(), crud.findByID(), update(), delete()]
    }

    private static let refusals =
        "It would allow what the caller may not do (PERMISSIONS_NOT_HELD), or the role cannot be changed here (ROLE_READ_ONLY)"

    private func create() -> Operation {
        var operation = crud.create()
        operation.summary = "Add a role; it counts on every node within seconds"
        operation.failures[.conflict] =
            "Another role has the name in some case, or it is reserved; or there are too many"
        operation.failures[.forbidden] = Self.refusals
        operation.handler = .scoped { call in
            let values = try FieldValues(StoredRole.entity, json: try call.request.object())
            let record = try await service.create(
                values, holder: call.identity.permissions, in: call.writeContext)
            return try .created(record, location: "\(Self.path)/\(try record.id)")
        }
        return operation
    }

    private func update() -> Operation {
        var operation = crud.updateByID()
        operation.failures[.forbidden] = Self.refusals
        operation.failures[.conflict] =
            "Another role has the name, or API keys have the role under its former name or audience (ROLE_IN_USE)"
        operation.handler = .scoped { call in
            let changes = try FieldValues(StoredRole.entity, json: try call.request.object())
            let record = try await service.update(
                try call.request.identifier(), changes, holder: call.identity.permissions,
                ifVersion: try call.request.versionCondition(), in: call.writeContext)
            return try .changed(record, for: call.request)
        }
        return operation
    }

    private func delete() -> Operation {
        var operation = crud.deleteByID()
        operation.failures[.forbidden] = "The role cannot be changed here (ROLE_READ_ONLY)"
        operation.failures[.conflict] = "API keys have the role (ROLE_IN_USE)"
        operation.handler = .scoped { call in
            try await service.delete(
                try call.request.identifier(), ifVersion: try call.request.versionCondition(), in: call.writeContext)
            return .noContent
        }
        return operation
    }
}
