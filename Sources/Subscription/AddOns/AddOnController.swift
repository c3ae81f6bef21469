import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of add-ons: the common ones, with prices that can be paid and rules that make sense.
struct AddOnController: Sendable {
    let crud: CRUDOperations
    let check: AddOnCheck

    var operations: [Operation] {
        crud.all().map { operation in
            switch operation.method {
            case .post where !operation.path.hasSuffix("/restore"), .put: checked(operation)
            case .patch where operation.path.hasSuffix("}"): checked(operation)
            case .patch: checkedAll(operation)
            default: operation
            }
        }
    }

    private func checked(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            let text = call.request.pathParameters["id"]
            let id = text.flatMap { Identifier($0) }
            // What is no id has no row, as the operation itself says.
            guard text == nil || id != nil else { return }
            try await check.check(try call.request.object(), of: id, in: call.scope)
        }
    }

    /// Rules relate one add-on to others; the error of a bulk change could not say which of the changed ones is in conflict.
    private func checkedAll(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            let body = try call.request.object()
            guard body[AddOn.rules.name] == nil else {
                throw ValidationFailure.invalidField(
                    AddOn.rules.path, code: "bulk", "must be changed one by one: PATCH /add-ons/{id}")
            }
            try await check.check(body, of: nil, in: call.scope)
        }
    }
}
