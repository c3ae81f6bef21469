import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operations of meters: the common ones. A feature that limits a meter must exist.
struct MeterController: Sendable {
    let crud: CRUDOperations
    let meters: MeterRepository

    var operations: [Operation] {
        crud.all().map { operation in
            switch operation.method {
            case .post where !operation.path.hasSuffix("/restore"), .patch, .put:
                operation.checkingFirst { call in
                    guard let key = try call.request.object().value(of: Meter.featureKey) else { return }
                    guard try await meters.hasFeature(key, in: call.scope) else {
                        // Of a meter that does not exist, that is the answer.
                        if operation.path.hasSuffix("{id}") {
                            guard try await meters.exists(try call.request.identifier(), in: call.scope) else { return }
                        }
                        throw HTTPFailure.invalidField(
                            Meter.featureKey.path, code: "exists", "must be the key of a feature")
                    }
                }
            default: operation
            }
        }
    }
}
