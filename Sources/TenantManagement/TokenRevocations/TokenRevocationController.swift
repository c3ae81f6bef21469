import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operations of revocations.
struct TokenRevocationController: Sendable {
    let crud: CRUDOperations
    let service: TokenRevocationService

    static let path = "/token-revocations"

    var operations: [Operation] { [create(), crud.count(), crud.find(), crud.findByID()] }

    private func create() -> Operation {
        var operation = crud.create()
        operation.summary =
            "Revoke a token by its jti, or all tokens of a user that were issued before an instant; all services refuse them within seconds"
        operation.failures[.conflict] = "The tenant has as many revocations as it may (TOO_MANY_REVOCATIONS)"
        operation.handler = .scoped { call in
            let values = try FieldValues(TokenRevocation.entity, json: try call.request.object())
            let record = try await service.revoke(values, in: call.writeContext)
            return try .created(record, location: "\(Self.path)/\(try record.id)")
        }
        return operation
    }
}
