import Foundation
import Logging
import PDFDocuments
import StackTestSupport
import TestSupport

extension PDFDocument {
    /// An invoice to somebody.
    static func invoice(
        title: String = "Invoice", to name: String = "Acme Ltd", lines: [String] = ["1 Main Street", "Springfield"],
        rows: [[String]] = [["Services", "100.00 USD"]], language: String = "en"
    ) -> PDFDocument {
        PDFDocument(
            title: title, subtitle: "No. 42", badge: Badge("PAID", tone: .positive),
            recipient: Recipient(label: "BILLED TO", name: name, lines: lines),
            facts: [Field("ISSUED", "2026-01-01"), Field("DUE DATE", "2026-02-15")],
            table: Table(
                columns: [Table.Column("DESCRIPTION", share: 2), Table.Column("AMOUNT", share: 1)], rows: rows,
                totals: [Field("Tax", "19.00 USD"), Field("Total", "119.00 USD")]),
            footer: "Invoice 42", created: "2026-01-01T00:00:00Z", language: language)
    }
}

/// Renderers for tests.
enum Renderers {
    /// One that really draws.
    static func real(_ environment: [String: String] = [:]) throws -> PDFRenderer {
        var configuration = PDFRendererConfiguration(
            executable: try ArcCommand.pdfRenderer(), environment: environment)
        configuration.startTimeout = .seconds(120)
        configuration.documentTimeout = .seconds(120)
        return PDFRenderer(configuration: configuration, logger: testLogger)
    }

    /// One whose program misbehaves as a document's title says, with one process.
    static func standIn(_ change: (inout PDFRendererConfiguration) -> Void = { _ in }) -> PDFRenderer {
        let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Fixtures/arc-pdf/stand-in").standardized.path
        var configuration = PDFRendererConfiguration(executable: program)
        configuration.processes = 1
        configuration.startTimeout = .seconds(120)
        configuration.documentTimeout = .seconds(60)
        configuration.waitingTimeout = .seconds(120)
        change(&configuration)
        return PDFRenderer(configuration: configuration, logger: testLogger)
    }
}
