import Entities
import Logging
import PDFDocuments
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Documents of invoices and credit notes.
struct InvoiceDocumentFeature: ServiceFeature {
    static let configurationKeys = DocumentRendering.configurationKeys

    let operations: [Operation]
    let background: [any Service]

    init(_ core: SubscriptionCore) throws {
        let logger = core.platform.logger
        let rendering = try DocumentRendering(reader: core.platform.reader)
        if !rendering.renderer.isExecutable {
            logger.warning(
                "The program that draws invoices is missing; downloads of invoices will fail. Install arc-pdf beside arc, or set PDF_RENDERER_PATH.",
                metadata: ["path": "\(rendering.renderer.executable)"])
        }
        let logo = core.invoices.terms.logo
        let logos = SellerLogoStore(pool: core.platform.pool, logo: logo, logger: logger)
        background = logo == nil ? [] : [logos]
        let service = InvoiceDocumentService(
            repository: InvoiceDocumentRepository(pool: core.platform.pool), logos: logos,
            printer: rendering.printer(logger: logger), logger: logger)
        operations = InvoiceDocumentController(service: service).operations
    }
}
