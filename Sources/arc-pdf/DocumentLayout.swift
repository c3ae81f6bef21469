import PDFDocuments

/// Lays a document out on A4 pages: first everything is measured and divided among pages, then it is drawn.
struct DocumentLayout {
    private let document: PDFDocument
    private let canvas: Canvas
    private let rows: [[TextBlock]]
    private let totals: [Total]
    private let notes: [TextBlock]
    private let accent: Color
    private let logo: Picture?

    private struct Total {
        let label: TextBlock
        let value: TextBlock
        var height: Double { max(label.height, value.height) + 10 }
    }

    private static let margin = 56.0
    private static let right = Canvas.width - margin
    private static let textWidth = right - margin
    /// The lower edge of the contents; the footer is below it.
    private static let bottom = Canvas.height - 66
    private static let headerHeight = 22.0
    private static let cellPadding = 10.0
    private static let rowSpacing = 12.0
    /// Of the line with the sum that a page carries over.
    private static let carriedHeight = 22.0
    private static let noteSpacing = 8.0
    /// The upper edge of the table on the second page and those after it.
    private static let continuedTop = 92.0

    private static let label = TextStyle(size: 8, color: .faded)
    private static let body = TextStyle(size: 10)
    private static let strong = TextStyle(size: 12, isBold: true)

    init(_ document: PDFDocument, logo: Picture?, on canvas: Canvas) {
        self.document = document
        self.logo = logo
        self.canvas = canvas
        let columns = Self.columns(document.table.columns)
        rows = document.table.rows.map { row in
            zip(row, columns).map { cell, column in
                canvas.paragraph(
                    PrintableText.clean(cell), Self.body, width: column.width, lines: 12, side: column.side)
            }
        }
        accent = Color(accent: document.accent) ?? .ink
        notes = document.notes.prefix(PDFLimits.notes).map { note in
            canvas.paragraph(
                PrintableText.clean(note), TextStyle(size: 9), width: Self.textWidth, lines: 12)
        }
        let fields = document.table.totals.prefix(PDFLimits.totals)
        totals = fields.enumerated().map { index, field in
            let isLast = index == fields.count - 1
            return Total(
                label: canvas.paragraph(
                    PrintableText.clean(field.label), isLast ? Self.strong : Self.body, width: 130, lines: 3),
                value: canvas.paragraph(
                    PrintableText.clean(field.value), isLast ? TextStyle(size: 14, isBold: true) : Self.body,
                    width: Self.textWidth - 2 * Self.cellPadding - 140, lines: 8, side: .right))
        }
    }

    /// Draws all pages.
    /// - Returns: How many they are.
    func draw() -> Int {
        let top = firstPageHead()
        let pages = pages(top: top)
        for (index, page) in pages.enumerated() {
            if index > 0 { continuedHead() }
            var y = index == 0 ? top : Self.continuedTop
            if !page.rows.isEmpty || index == 0 { y = tableHead(y) }
            if index > 0, !page.rows.isEmpty { y = carry(through: page.rows.lowerBound, isBrought: true, y) }
            for row in page.rows { y = draw(rows[row], y) }
            if !page.hasTotals, !page.rows.isEmpty { y = carry(through: page.rows.upperBound, isBrought: false, y) }
            if page.hasTotals { y = drawTotals(y) }
            for note in page.notes {
                canvas.draw(notes[note], x: Self.margin, y: y + Self.noteSpacing)
                y += notes[note].height + Self.noteSpacing
            }
            footer(page: index + 1, of: pages.count)
            canvas.endPage()
        }
        return pages.count
    }

    // MARK: Pages

    private struct Page {
        var rows: Range<Int>
        var hasTotals = false
        var notes: Range<Int> = 0..<0
    }

    /// Which rows go on which page; the totals stay together.
    private func pages(top: Double) -> [Page] {
        var pages = [Page(rows: 0..<0)]
        var y = top + Self.headerHeight
        let carried = document.table.carried == nil ? 0 : Self.carriedHeight
        for index in rows.indices {
            let height = height(rows[index])
            if y + height + carried > Self.bottom, !(pages.count > 1 && pages[pages.count - 1].rows.isEmpty) {
                pages.append(Page(rows: index..<index))
                y = Self.continuedTop + Self.headerHeight + carried
            }
            pages[pages.count - 1].rows = pages[pages.count - 1].rows.lowerBound..<(index + 1)
            y += height
        }
        let needed = totals.reduce(16) { $0 + $1.height }
        if y + needed > Self.bottom {
            // The last row goes with the totals, so that no page has totals alone.
            let last = pages[pages.count - 1].rows
            let moved = last.count > 1 ? rows.count - 1 : rows.count
            pages[pages.count - 1].rows = last.lowerBound..<min(last.upperBound, moved)
            pages.append(Page(rows: moved..<rows.count))
            y = Self.continuedTop
            if moved < rows.count { y += Self.headerHeight + carried + height(rows[moved]) }
        }
        pages[pages.count - 1].hasTotals = true
        place(from: y + needed, on: &pages)
        return pages
    }

    /// Puts the notes on the last page, and on more pages if they need them.
    private func place(from top: Double, on pages: inout [Page]) {
        var y = top
        for index in notes.indices {
            let height = notes[index].height + Self.noteSpacing
            if y + height > Self.bottom, y > Self.continuedTop {
                pages.append(Page(rows: rows.count..<rows.count, notes: index..<index))
                y = Self.continuedTop
            }
            let first = pages[pages.count - 1].notes.isEmpty ? index : pages[pages.count - 1].notes.lowerBound
            pages[pages.count - 1].notes = first..<(index + 1)
            y += height
        }
    }

    /// - Returns: The upper edge of the table.
    private func firstPageHead() -> Double {
        // In the margin above the badge, so that nothing else moves.
        if let logo { canvas.draw(logo, right: Self.right, top: 22, width: 180, height: 36) }
        canvas.text(
            PrintableText.clean(document.title), x: Self.margin, y: 84,
            TextStyle(size: 24, isBold: true, color: accent))
        canvas.text(
            PrintableText.clean(document.subtitle), x: Self.margin, y: 104, TextStyle(size: 9, color: .faded))
        let text = canvas.line(
            PrintableText.clean(document.badge.text), TextStyle(size: 9, isBold: true, color: .white))
        canvas.fill(
            x: Self.right - text.width - 20, y: 66, width: text.width + 20, height: 22, color(document.badge.tone))
        canvas.draw(text, x: Self.right - text.width - 10, y: 77 - text.height / 2)
        canvas.rule(x: Self.margin, y: 122, width: Self.textWidth, thickness: 1)
        var y = 158.0
        if let sender = document.sender { y = party(sender, top: y) + 22 }
        return max(party(document.recipient, top: y), facts(top: 158)) + 20
    }

    private func color(_ tone: PDFDocument.Badge.Tone) -> Color {
        switch tone {
        case .neutral: .blue
        case .positive: .green
        case .negative: .red
        }
    }

    private func party(_ party: PDFDocument.Recipient, top: Double) -> Double {
        let width = 250.0
        canvas.text(PrintableText.clean(party.label), x: Self.margin, y: top, Self.label)
        var y = top + 6
        let name = canvas.paragraph(PrintableText.clean(party.name), Self.strong, width: width, lines: 6)
        canvas.draw(name, x: Self.margin, y: y)
        y += name.height + 3
        for line in party.lines.prefix(PDFLimits.addressLines) {
            let block = canvas.paragraph(PrintableText.clean(line), Self.body, width: width, lines: 4)
            canvas.draw(block, x: Self.margin, y: y)
            y += block.height + 1
        }
        return y
    }

    private func facts(top: Double) -> Double {
        var y = top
        for fact in document.facts.prefix(PDFLimits.facts) {
            canvas.text(PrintableText.clean(fact.label), x: Self.right - 200, y: y, Self.label)
            canvas.text(PrintableText.clean(fact.value), x: Self.right, y: y, Self.body, side: .right)
            y += 18
        }
        return y
    }

    private func continuedHead() {
        canvas.text(PrintableText.clean(document.title), x: Self.margin, y: 62, Self.strong)
        canvas.text(
            PrintableText.clean(document.subtitle), x: Self.right, y: 62, TextStyle(size: 9, color: .faded),
            side: .right)
        canvas.rule(x: Self.margin, y: 72, width: Self.textWidth, thickness: 1)
    }

    private func footer(page: Int, of count: Int) {
        canvas.rule(x: Self.margin, y: Canvas.height - 52, width: Self.textWidth)
        canvas.text(PrintableText.clean(document.footer), x: Self.margin, y: Canvas.height - 38, Self.label)
        canvas.text("Page \(page) of \(count)", x: Self.right, y: Canvas.height - 38, Self.label, side: .right)
    }

    // MARK: The table

    private struct Column {
        let title: String
        let x: Double
        let width: Double
        let side: TextBlock.Side
    }

    /// Columns with their positions; the gap between two of them is twice the padding.
    private static func columns(_ columns: [PDFDocument.Table.Column]) -> [Column] {
        let columns = Array(columns.prefix(PDFLimits.columns))
        let sum = columns.reduce(0) { $0 + $1.share }
        var x = margin
        return columns.enumerated().map { index, column in
            let width = textWidth * column.share / sum
            defer { x += width }
            return Column(
                title: PrintableText.clean(column.title), x: x + cellPadding,
                width: max(8, width - 2 * cellPadding),
                side: column.isAmount || (index == columns.count - 1 && index > 0) ? .right : .left)
        }
    }

    private func tableHead(_ y: Double) -> Double {
        canvas.fill(x: Self.margin, y: y, width: Self.textWidth, height: Self.headerHeight, .ground)
        for column in Self.columns(document.table.columns) {
            let x = column.side == .left ? column.x : column.x + column.width
            canvas.text(column.title, x: x, y: y + 14, Self.label, side: column.side)
        }
        return y + Self.headerHeight
    }

    /// The first lines of all cells share one baseline, although the letters of some scripts are higher.
    private func height(_ row: [TextBlock]) -> Double {
        let baseline = row.map(\.baseline).max() ?? 0
        return (row.map { baseline - $0.baseline + $0.height }.max() ?? 0) + Self.rowSpacing
    }

    private func draw(_ row: [TextBlock], _ y: Double) -> Double {
        let baseline = y + Self.rowSpacing / 2 + (row.map(\.baseline).max() ?? 0)
        for (cell, column) in zip(row, Self.columns(document.table.columns)) {
            canvas.draw(cell, x: column.x, y: baseline - cell.baseline)
        }
        let end = y + height(row)
        canvas.rule(x: Self.margin, y: end, width: Self.textWidth)
        return end
    }

    /// A line with the sum through the rows before an index, unless there is none.
    private func carry(through end: Int, isBrought: Bool, _ y: Double) -> Double {
        guard let carried = document.table.carried, end > 0, end <= carried.sums.count else { return y }
        let label = PrintableText.clean(isBrought ? carried.broughtLabel : carried.label)
        canvas.text(label, x: Self.margin + Self.cellPadding, y: y + 15, Self.label)
        canvas.text(
            PrintableText.clean(carried.sums[end - 1]), x: Self.right - Self.cellPadding, y: y + 15,
            TextStyle(size: 10, isBold: true), side: .right)
        if isBrought { canvas.rule(x: Self.margin, y: y + Self.carriedHeight, width: Self.textWidth) }
        return y + Self.carriedHeight
    }

    private func drawTotals(_ top: Double) -> Double {
        var y = top + 16
        for total in totals {
            canvas.draw(total.label, x: Self.margin + Self.cellPadding, y: y)
            // On one baseline with the label, whose font is smaller.
            let lowered = total.label.baseline - total.value.baseline
            canvas.draw(
                total.value, x: Self.right - Self.cellPadding - total.value.width, y: y + max(lowered, -10))
            y += total.height
        }
        return y
    }
}
