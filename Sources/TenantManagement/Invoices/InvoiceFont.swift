package import Configuration
package import ConfigurationChecks
import PDFDocuments
package import ServiceKit

/// The font that invoices are printed in.
package enum InvoiceFont {
    /// Path of the font: `INVOICE_FONT_PATH`, else DejaVu Sans where distributions have it; nil when there is none.
    /// - Throws: ``ConfigurationFailure`` when the variable names something else than a TrueType font.
    package static func path(reader: ConfigReader) throws(ConfigurationFailure) -> String? {
        guard let path = reader.text("invoice.font.path") else { return PDFFontFile.find() }
        guard PDFFontFile.isUsable(path) else {
            throw ConfigurationFailure(
                key: "INVOICE_FONT_PATH", reason: "is \"\(path)\", where no TrueType font (.ttf) can be read")
        }
        return path
    }
}
