import Entities
import Logging
import PDFDocuments
import ServiceKit
import ServicePlatform

/// Invoices and their PDF documents.
struct InvoiceFeature: ServiceFeature {
    static let configurationKeys = DocumentRendering.configurationKeys
    static let entities = [
        FeatureEntity(Invoice.entity, viewPermissions: InvoicePolicy.access.view.permissions)
    ]

    let operations: [Operation]

    init(_ core: TenantManagementCore) throws {
        let logger = core.platform.logger
        let rendering = try DocumentRendering(reader: core.platform.reader)
        if !rendering.renderer.isExecutable {
            logger.warning(
                "The program that draws invoices is missing; downloads of invoices will fail. Install arc-pdf beside arc, or set PDF_RENDERER_PATH.",
                metadata: ["path": "\(rendering.renderer.executable)"])
        }
        operations =
            InvoiceController(
                crud: core.crud(Invoice.entity, "/invoices", "InvoiceController", InvoicePolicy.access),
                downloads: InvoiceDownloadService(
                    invoices: core.repository(Invoice.entity),
                    printer: rendering.printer(logger: logger))
            ).operations
    }
}
