import PDFDocuments

/// Draws an invoice on a page.
struct InvoicePage: Sendable {
    let contents: InvoiceContents

    private static let margin = 56.0
    private static let right = PDFCanvas.width - margin
    private static let textWidth = right - margin
    private static let ink = PDFColor.gray(0.13)
    private static let faded = PDFColor.gray(0.45)

    private static let label = PDFCanvas.Style(8, color: faded)
    private static let body = PDFCanvas.Style(10, color: ink)
    private static let strong = PDFCanvas.Style(12, bold: true, color: ink)
    private static let title = PDFCanvas.Style(24, bold: true, color: ink)

    func draw(_ canvas: PDFCanvas) {
        heading(canvas)
        let below = max(recipient(canvas, top: 158), facts(canvas, top: 158))
        amount(canvas, top: below + 28)
        canvas.rule(x: Self.margin, y: PDFCanvas.height - 52, width: Self.textWidth)
        canvas.text("Invoice \(contents.id)", x: Self.margin, y: PDFCanvas.height - 38, Self.label)
        canvas.text("Page 1 of 1", x: Self.right, y: PDFCanvas.height - 38, Self.label, align: .right)
    }

    private func heading(_ canvas: PDFCanvas) {
        canvas.text("Invoice", x: Self.margin, y: 84, Self.title)
        canvas.text("No. \(contents.id)", x: Self.margin, y: 104, PDFCanvas.Style(9, color: Self.faded))
        let style = PDFCanvas.Style(9, bold: true, color: .white)
        let width = canvas.width(of: contents.status, style) + 20
        canvas.fill(x: Self.right - width, y: 66, width: width, height: 22, color: statusColor)
        canvas.text(contents.status, x: Self.right - 10, y: 80.4, style, align: .right)
        canvas.rule(x: Self.margin, y: 122, width: Self.textWidth, thickness: 1)
    }

    private var statusColor: PDFColor {
        switch contents.status {
        case "PAID": PDFColor(red: 0.12, green: 0.49, blue: 0.29)
        case "CANCELLED": PDFColor(red: 0.6, green: 0.16, blue: 0.16)
        default: PDFColor(red: 0.16, green: 0.33, blue: 0.6)
        }
    }

    private func recipient(_ canvas: PDFCanvas, top: Double) -> Double {
        let width = 250.0
        canvas.text("BILLED TO", x: Self.margin, y: top, Self.label)
        var line = canvas.paragraph(
            contents.tenantName, x: Self.margin, y: top + 18, width: width, Self.strong, maximumLines: 8)
        for text in contents.addressLines {
            line = canvas.paragraph(text, x: Self.margin, y: line, width: width, Self.body, maximumLines: 12)
        }
        return line
    }

    private func facts(_ canvas: PDFCanvas, top: Double) -> Double {
        let left = Self.right - 200
        var line = top
        for (name, value) in [
            ("ISSUED", contents.issued), ("PERIOD", contents.period), ("DUE DATE", contents.due),
            ("STATUS", contents.status),
        ] {
            canvas.text(name, x: left, y: line, Self.label)
            canvas.text(value, x: Self.right, y: line, Self.body, align: .right)
            line += 18
        }
        return line
    }

    private func amount(_ canvas: PDFCanvas, top: Double) {
        canvas.fill(x: Self.margin, y: top, width: Self.textWidth, height: 22, color: .gray(0.94))
        canvas.text("DESCRIPTION", x: Self.margin + 10, y: top + 14, Self.label)
        canvas.text("AMOUNT", x: Self.right - 10, y: top + 14, Self.label, align: .right)
        canvas.text("Services \(contents.period)", x: Self.margin + 10, y: top + 44, Self.body)
        let line = canvas.paragraph(
            contents.amount, x: Self.right - 10, y: top + 44, width: 240, Self.body, align: .right, maximumLines: 8)
        canvas.rule(x: Self.margin, y: line, width: Self.textWidth)
        canvas.text("Total", x: Self.margin + 10, y: line + 26, Self.strong)
        _ = canvas.paragraph(
            contents.amount, x: Self.right - 10, y: line + 26, width: 340,
            PDFCanvas.Style(14, bold: true, color: Self.ink),
            align: .right, maximumLines: 8)
    }
}
