import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operations of a plan's features (docs/contract/arc-api.md 6.1).
struct PlanFeatureController: Sendable {
    let service: PlanFeatureService
    let limits: QueryLimits

    private static let path = "/plans/{id}/features"

    var operations: [Operation] { [read(), add(), change()] }

    private func read() -> Operation {
        Operation(
            .get, Self.path, id: "PlanFeaturesController.getPlanFeatures",
            summary: "List all features with their values in a plan",
            access: FeaturePolicy.viewOfPlan, parameters: [.id],
            responses: [.init(.ok, "The plan with its features, by key", schema: PlanFeature.schema)],
            failures: [.notFound: "There is no such Plan"],
            handler: .scoped { call in
                let limit = limits.maximumLimit == 0 ? nil : limits.maximumLimit
                let contents = try await service.repository.contents(
                    of: try call.request.identifier(), limit: limit, in: call.scope)
                guard let contents else { throw HTTPFailure.entityNotFound }
                var writer = JSONWriter()
                try PlanFeature.write(contents, to: &writer)
                return .json(writer.bytes)
            })
    }

    private func add() -> Operation {
        Operation(
            .post, Self.path, id: "PlanFeaturesController.setPlanFeatures",
            summary: "Set values of features in a plan, all or none",
            access: FeaturePolicy.addToPlan, parameters: [.id],
            requestBody: PlanFeature.newSchema,
            responses: [
                .init(
                    .created, "The new FeatureValues", schema: .array(of: FeatureValue.entity.schema),
                    headers: [.location])
            ],
            failures: [
                .notFound: "There is no such Plan or Feature; `details` names the item",
                .conflict: "The plan already has a value for one of the features",
            ],
            idempotency: .recover { recovery in
                let plan = try recovery.request.identifier()
                let records = try await service.values(
                    named: try recovery.request.objects(), of: plan, in: recovery.scope)
                return .created(Array(records).jsonArray, location: "/plans/\(plan)/features")
            },
            handler: .scoped { call in
                let plan = try call.request.identifier()
                let records = try await service.add(
                    try call.request.objects(), to: plan, in: call.writeContext)
                return .created(records.jsonArray, location: "/plans/\(plan)/features")
            }
        )
    }

    private func change() -> Operation {
        Operation(
            .patch, Self.path, id: "PlanFeaturesController.updatePlanFeatures",
            summary: "Change values of features in a plan, all or none",
            access: FeaturePolicy.changeOfPlan, parameters: [.id],
            requestBody: PlanFeature.changeSchema,
            responses: [
                .init(.ok, "The changed FeatureValues", schema: .array(of: FeatureValue.entity.schema))
            ],
            failures: [
                .notFound: "There is no such Plan, or it has no such value; `details` names the item",
                .conflict: "The plan would have two values for one feature",
            ],
            handler: .scoped { call in
                let records = try await service.change(
                    try call.request.objects(), of: try call.request.identifier(), in: call.writeContext)
                return .json(records.jsonArray)
            }
        )
    }
}

extension OperationRequest {
    /// The body as a list of objects.
    /// - Throws: 422 when there is no body; a body of another shape was refused before.
    fileprivate func objects() throws(HTTPFailure) -> [JSONObject] {
        guard let items = body?.arrayValue else { throw .validation([.type("", "array")]) }
        return items.compactMap(\.objectValue)
    }
}

extension [Record] {
    /// The rows as a JSON array.
    fileprivate var jsonArray: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64 + count * 512)
        write(to: &writer)
        return writer.bytes
    }
}
