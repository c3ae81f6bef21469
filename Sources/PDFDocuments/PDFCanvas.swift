import CHaru

/// A page to draw on. Lengths are points (1/72 inch), measured from the top left corner; text stands on its baseline.
package struct PDFCanvas {
    /// Which side of a text its position names.
    package enum Alignment: Sendable, Hashable {
        /// The position is the left end.
        case left
        /// The position is the right end.
        case right
    }

    /// How a text looks.
    package struct Style: Sendable, Hashable {
        /// Height of the font.
        package var size: Double
        /// Whether its strokes are thicker.
        package var isBold: Bool
        /// Its colour.
        package var color: PDFColor

        /// A look from its parts.
        package init(_ size: Double, bold: Bool = false, color: PDFColor = .black) {
            self.size = size
            isBold = bold
            self.color = color
        }
    }

    /// Width of an A4 page.
    package static let width = 595.276
    /// Height of an A4 page.
    package static let height = 841.89

    let page: HPDF_Page
    let typeface: PDFTypeface

    /// Draws one line of text.
    package func text(_ text: String, x: Double, y: Double, _ style: Style, align: Alignment = .left) {
        let start = align == .left ? x : x - width(of: text, style)
        let bytes = PDFTypeface.bytes(text, typeface.encoding)
        saving {
            HPDF_Page_SetRGBFill(page, style.color.red, style.color.green, style.color.blue)
            if style.isBold {
                // One font file serves for both weights: its outlines are drawn over once more.
                HPDF_Page_SetRGBStroke(page, style.color.red, style.color.green, style.color.blue)
                HPDF_Page_SetLineWidth(page, Float(style.size * 0.035))
                HPDF_Page_SetTextRenderingMode(page, HPDF_FILL_THEN_STROKE)
            }
            HPDF_Page_BeginText(page)
            HPDF_Page_SetFontAndSize(page, typeface.font, Float(style.size))
            bytes.withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) { characters in
                    _ = HPDF_Page_TextOut(page, Float(start), Float(Self.height - y), characters.baseAddress)
                }
            }
            HPDF_Page_EndText(page)
        }
    }

    /// Draws a text over as many lines as it needs.
    /// - Returns: The baseline below its last line.
    package func paragraph(
        _ text: String, x: Double, y: Double, width: Double, _ style: Style, align: Alignment = .left,
        maximumLines: Int = 20
    ) -> Double {
        var baseline = y
        for line in lines(of: text, width: width, style, maximum: maximumLines) {
            self.text(line, x: x, y: baseline, style, align: align)
            baseline += style.size * 1.35
        }
        return baseline
    }

    /// A horizontal line.
    package func rule(x: Double, y: Double, width: Double, thickness: Double = 0.5, color: PDFColor = .gray(0.75)) {
        fill(x: x, y: y, width: width, height: thickness, color: color)
    }

    /// A filled rectangle; the position is its upper left corner.
    package func fill(x: Double, y: Double, width: Double, height: Double, color: PDFColor) {
        saving {
            HPDF_Page_SetRGBFill(page, color.red, color.green, color.blue)
            HPDF_Page_Rectangle(page, Float(x), Float(Self.height - y - height), Float(width), Float(height))
            HPDF_Page_Fill(page)
        }
    }

    /// The width of a line of text.
    package func width(of text: String, _ style: Style) -> Double { typeface.width(of: text, size: style.size) }

    /// The lines of a text that is broken between words, and within words that are wider than a line.
    /// - Parameter maximum: Lines at most; what does not fit is cut off with an ellipsis.
    package func lines(of text: String, width: Double, _ style: Style, maximum: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        func fits(_ text: String) -> Bool { self.width(of: text, style) <= width }
        for word in text.split(whereSeparator: \.isWhitespace) {
            let longer = line.isEmpty ? String(word) : "\(line) \(word)"
            if fits(longer) {
                line = longer
                continue
            }
            if !line.isEmpty { lines.append(line) }
            line = ""
            for character in word {
                if !line.isEmpty, !fits(line + String(character)) {
                    lines.append(line)
                    line = ""
                }
                line.append(character)
            }
        }
        if !line.isEmpty { lines.append(line) }
        guard lines.count > maximum, var last = lines.prefix(maximum).last else { return lines }
        while !last.isEmpty, !fits("\(last)…") { last.removeLast() }
        return lines.prefix(maximum - 1) + ["\(last)…"]
    }

    private func saving(_ draw: () -> Void) {
        HPDF_Page_GSave(page)
        draw()
        HPDF_Page_GRestore(page)
    }
}
