package import Configuration
package import ConfigurationChecks
import Logging
package import PDFDocuments

/// How invoices are drawn.
package struct InvoiceRendering: Sendable {
    package static let configurationKeys: ConfigurationKeys = [
        "PDF_RENDERER_PATH", "INVOICE_FONT_FAMILY", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
    ]

    /// The program that draws and its limits.
    package let renderer: PDFRendererConfiguration
    /// Font family that is preferred to the built-in list; empty for none.
    package let fontFamily: String

    /// Reads `PDF_RENDERER_PATH` (default: `arc-pdf` beside the running program), `INVOICE_FONT_FAMILY`, and
    /// fontconfig's own `FONTCONFIG_FILE` and `FONTCONFIG_PATH`.
    /// - Throws: ``ConfigurationFailure`` when `PDF_RENDERER_PATH` names something that cannot be executed.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        var environment: [String: String] = [:]
        environment["FONTCONFIG_FILE"] = reader.text("fontconfig.file")
        environment["FONTCONFIG_PATH"] = reader.text("fontconfig.path")
        let path = reader.text("pdf.renderer.path")
        renderer = PDFRendererConfiguration(
            executable: path ?? PDFRendererConfiguration.defaultExecutable(), environment: environment)
        guard path == nil || renderer.isExecutable else {
            throw ConfigurationFailure(
                key: "PDF_RENDERER_PATH", reason: "is \"\(path ?? "")\", which is not a program that can be executed")
        }
        fontFamily = reader.text("invoice.font.family") ?? ""
    }

    /// A printer with its own renderer, which starts its program with the first document.
    func printer(logger: Logger) -> DocumentPrinter {
        DocumentPrinter(
            renderer: PDFRenderer(configuration: renderer, logger: logger), fontFamily: fontFamily, logger: logger)
    }
}
