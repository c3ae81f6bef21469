import Billing
import BillingPreview
import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The billing engine over HTTP, without state (docs/billing.md).
struct BillingPreviewController: Sendable {
    let reader: ScenarioReader

    var operations: [Operation] {
        [
            Operation(
                .post, "/billing-preview", id: "BillingPreviewController.preview",
                summary: "Compute the invoices of a subscription with everything that happens to it",
                access: BillingPreviewPolicy.preview, requestBody: BillingPreviewSchemas.request,
                responses: [
                    .init(
                        .ok, "Every invoice, with lines that explain themselves; nothing is stored",
                        schema: BillingPreviewSchemas.statement)
                ],
                handler: .authenticated { call in
                    let scenario = try reader.scenario(.object(try call.request.object()))
                    return .json(StatementJSON(try scenario.statement()).jsonBytes())
                })
        ]
    }
}
