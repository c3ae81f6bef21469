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

    var operations: [Operation] {
        [
            crud.count(), crud.find(), transitions(), changingState(refusingReservedKeys(crud.updateAll())), findByID(),
            changingState(refusingReservedKeys(crud.updateByID())),
            changingState(refusingReservedKeys(crud.replaceByID())),
            changingState(crud.deleteByID()), changingState(crud.restoreByID()),
        ]
    }

    /// An operation that may change the state of tenants. The database rejects what is not legal; here it gets its name.
    private func changingState(_ operation: Operation) -> Operation {
        guard case .scoped(let handle) = operation.handler else { return operation }
        var operation = operation
        operation.failures[.conflict] =
            (operation.failures[.conflict].map { $0 + ", or the" } ?? "The")
            + " state of the tenant does not allow the change (TENANT_STATE, TENANT_SUSPENDED); see GET /tenants/transitions"
        operation.handler = .scoped { call in
            do {
                return try await handle(call)
            } catch {
                throw TenantStateError.meaning(of: error)
            }
        }
        return operation
    }

    /// `GET /tenants/transitions`: the states of tenants as a table.
    private func transitions() -> Operation {
        Operation(
            .get, "/tenants/transitions", id: "TenantController.transitions",
            summary: "The states of tenants, and what leads from one to another",
            access: TenantPolicy.access.view,
            responses: [.init(.ok, "States and changes", schema: TenantTransition.schema)],
            handler: .scoped { _ in .json { TenantTransition.writeTable(to: &$0) } })
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
