import Entities
import HTTPTypes
import ServiceKit

/// The HTTP operations of currencies: the common ones. Another code may have fewer decimals than the prices of plans.
struct CurrencyController: Sendable {
    let crud: CRUDOperations
    let prices: PlanPriceCheck
    let limits: QueryLimits

    var operations: [Operation] {
        crud.all().map { operation in
            switch operation.method {
            case .patch, .put:
                operation.checkingFirst { call in
                    try await prices.checkCurrencies(
                        try call.request.object(),
                        try PlanPriceCheck.Target(call, PlanCurrency.entity, limits: limits), in: call.scope)
                }
            default: operation
            }
        }
    }
}
