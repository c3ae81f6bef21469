import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of tenants.
struct TenantController: Sendable {
    let crud: CRUDOperations
    let tenants: CachedRows
    let reservedKeys: Set<String>

    static let permissions = CRUDPermissions(create: ["10204"], view: ["10207"], update: ["10205"], delete: ["10206"])

    var operations: [Operation] {
        [
            crud.count(), crud.find(), refusingReservedKeys(crud.updateAll()), findByID(),
            refusingReservedKeys(crud.updateByID()), refusingReservedKeys(crud.replaceByID()),
            crud.deleteByID().forOperators(), crud.restoreByID(),
        ]
    }

    private func refusingReservedKeys(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            guard let key = call.request.body?[Tenant.key]?.stringValue, reservedKeys.contains(key) else { return }
            throw TenantKey.reservedFailure
        }
    }

    /// `GET /tenants/{id}`: from the cache when the whole row is asked for, as one statement otherwise.
    private func findByID() -> Operation {
        var operation = crud.findByID()
        operation.handler = .scoped { call in
            guard call.request.query.isEmpty else { return try .entity(try await crud.read(call), for: call.request) }
            let id = try call.request.identifier()
            // The row of another tenant is not even looked for: it does not exist for this caller.
            if let own = call.scope.tenantID, own != id { throw HTTPFailure.entityNotFound }
            guard let body = try await tenants.body(of: id) else { throw HTTPFailure.entityNotFound }
            return try .entity(body.bytes, tag: EntityTag(version: body.version), for: call.request)
        }
        return operation
    }
}
