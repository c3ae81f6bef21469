package import Configuration
package import ConfigurationChecks
package import Logging
package import PDFDocuments

/// How documents are drawn.
package struct DocumentRendering: Sendable {
    private enum Settings {
        static let renderer = Setting.optionalText(
            "PDF_RENDERER_PATH", unset: "`arc-pdf` beside `arc`", values: "path of a program",
            "Program that draws invoices and certificates; a value that cannot be executed prevents startup")
        static let font = Setting.text(
            "INVOICE_FONT_FAMILY", default: "", values: "name of a font family",
            "Font family that invoices prefer to the built-in list (Noto Sans, then whatever fontconfig finds for a script)"
        )
        static let fontconfigFile = Setting.optionalText(
            "FONTCONFIG_FILE", values: "path of a file",
            "Configuration of fontconfig. It and `FONTCONFIG_PATH` are the only variables that are passed on to `arc-pdf`"
        )
        static let fontconfigPath = Setting.optionalText(
            "FONTCONFIG_PATH", values: "path of a folder", "Folder with the configuration of fontconfig")
    }

    package static let configurationKeys = ConfigurationKeys(
        "invoices", [Settings.renderer, Settings.font, Settings.fontconfigFile, Settings.fontconfigPath])

    /// The program that draws and its limits.
    package let renderer: PDFRendererConfiguration
    /// Font family that is preferred to the built-in list; empty for none.
    package let fontFamily: String

    /// - Throws: ``ConfigurationFailure`` when `PDF_RENDERER_PATH` names something that cannot be executed.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        var environment: [String: String] = [:]
        environment["FONTCONFIG_FILE"] = try reader.value(Settings.fontconfigFile)
        environment["FONTCONFIG_PATH"] = try reader.value(Settings.fontconfigPath)
        let path = try reader.value(Settings.renderer)
        renderer = PDFRendererConfiguration(
            executable: path ?? PDFRendererConfiguration.defaultExecutable(), environment: environment)
        guard path == nil || renderer.isExecutable else {
            throw ConfigurationFailure(
                key: "PDF_RENDERER_PATH", reason: "is \"\(path ?? "")\", which is not a program that can be executed")
        }
        fontFamily = try reader.value(Settings.font)
    }

    /// A printer with its own renderer, which starts its program with the first document.
    package func printer(logger: Logger) -> DocumentPrinter {
        DocumentPrinter(
            renderer: PDFRenderer(configuration: renderer, logger: logger), fontFamily: fontFamily, logger: logger)
    }
}
