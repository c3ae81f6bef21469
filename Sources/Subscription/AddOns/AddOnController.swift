import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operations of add-ons: the common ones, with prices that can be paid.
struct AddOnController: Sendable {
    let crud: CRUDOperations

    var operations: [Operation] {
        crud.all().map { operation in
            switch operation.method {
            case .post where !operation.path.hasSuffix("/restore"), .patch, .put:
                operation.checkingFirst { call in
                    guard let prices = try call.request.object()[AddOn.prices.name] else { return }
                    try CatalogPrice.check(prices, at: AddOn.prices)
                }
            default: operation
            }
        }
    }
}
