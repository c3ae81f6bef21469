import PDFDocuments

extension InvoiceContents {
    /// The invoice as it is printed.
    func document(fontFamily: String) -> PDFDocument {
        PDFDocument(
            title: "Invoice", subtitle: "No. \(id)", badge: PDFDocument.Badge(statusName, tone: tone),
            recipient: PDFDocument.Recipient(label: "BILLED TO", name: tenantName, lines: addressLines),
            facts: [
                PDFDocument.Field("ISSUED", issued), PDFDocument.Field("PERIOD", period),
                PDFDocument.Field("DUE DATE", due), PDFDocument.Field("STATUS", statusName),
            ],
            table: PDFDocument.Table(
                columns: [
                    PDFDocument.Table.Column("DESCRIPTION", share: 2), PDFDocument.Table.Column("AMOUNT", share: 1),
                ],
                rows: [["Services \(period)", amount]], totals: [PDFDocument.Field("Total", amount)]),
            footer: "Invoice \(id)", created: created,
            language: PrintableText.language(of: [tenantName] + addressLines, country: country),
            fontFamily: fontFamily)
    }

    private var statusName: String { status?.name ?? "UNKNOWN" }

    private var tone: PDFDocument.Badge.Tone {
        switch status {
        case .paid: .positive
        case .cancelled: .negative
        case .pending, nil: .neutral
        }
    }
}
