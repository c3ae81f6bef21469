import Billing
import BillingPreview
import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operations of metered prices: the common ones. A price must be one of the engine, and its meter must exist.
struct MeteredPriceController: Sendable {
    let crud: CRUDOperations
    let prices: EntityRepository
    let meters: MeterRepository

    var operations: [Operation] {
        crud.all().map { operation in
            switch operation.method {
            case .post where !operation.path.hasSuffix("/restore"), .patch, .put:
                operation.checkingFirst { call in try await check(call) }
            default: operation
            }
        }
    }

    private func check(_ call: ScopedRequest) async throws {
        let body = try call.request.object()
        // Of a change, the other member may be in the row; of many rows, neither is known.
        var current: Record?
        if call.request.pathParameters["id"] != nil {
            let id = try call.request.identifier()
            current = try await prices.find(Filter(where: .equals(Entity.id, id)), in: call.scope).first
            // The operation itself says that there is no such row.
            guard current != nil else { return }
        }
        if let key = body.value(of: MeteredPrice.meterKey) {
            guard try await meters.meter(named: key, in: call.scope) != nil else {
                throw HTTPFailure.invalidField(
                    MeteredPrice.meterKey.path, code: "exists", "must be the key of a meter")
            }
        }
        guard body[MeteredPrice.price.name] != nil || body[MeteredPrice.currencyCode.name] != nil else { return }
        let stored = try current.flatMap { try $0[ifPresent: MeteredPrice.price] }
        let price = try body[MeteredPrice.price.name] ?? stored?.value()
        let code = try body.value(of: MeteredPrice.currencyCode) ?? current?[ifPresent: MeteredPrice.currencyCode]
        guard let price, let code else {
            guard call.request.pathParameters["id"] == nil, call.request.method == .patch else { return }
            throw HTTPFailure.invalidField(
                MeteredPrice.price.path, code: "required",
                "must be sent together with currencyCode when many rows are changed")
        }
        guard let currency = try? Currency(code) else {
            throw HTTPFailure.invalidField(
                MeteredPrice.currencyCode.path, code: "exists", "must be the code of a currency")
        }
        do {
            _ = try ScenarioReader.price(price, in: currency)
        } catch {
            throw HTTPFailure.invalidField(
                "\(MeteredPrice.price.path)\(error.pointer)", code: "price", "must be a price: \(error.reason)")
        }
    }
}
