import CPango

/// Text that is shaped, ordered and broken into lines, ready to be drawn. Lengths are points.
final class TextBlock {
    /// The side of a text that its position refers to.
    enum Side {
        case left, right
    }

    private let layout: OpaquePointer
    let color: Color
    /// Of the box that the text fills.
    let width: Double
    let height: Double
    /// From the top to the first line's baseline.
    let baseline: Double

    /// - Parameters:
    ///   - boxWidth: Where lines are broken; nil for a single line of any length.
    ///   - lines: Lines at most; the rest is cut off with an ellipsis.
    init(
        _ text: String, _ style: TextStyle, context: OpaquePointer, font: OpaquePointer, boxWidth: Double? = nil,
        lines: Int = 1, side: Side = .left
    ) {
        let layout: OpaquePointer = pango_layout_new(context)
        self.layout = layout
        color = style.color
        pango_font_description_set_absolute_size(font, style.size * Self.scale)
        pango_font_description_set_weight(font, style.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
        pango_layout_set_font_description(layout, font)
        var text = text
        text.withUTF8 { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                pango_layout_set_text(layout, characters.baseAddress, Int32(characters.count))
            }
        }
        if let boxWidth {
            pango_layout_set_width(layout, Int32(boxWidth * Self.scale))
            pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
            pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
            pango_layout_set_height(layout, -Int32(lines))
            let direction = pango_layout_line_get_resolved_direction(pango_layout_get_line_readonly(layout, 0))
            // For a paragraph from right to left Pango exchanges the sides; here a side is a side of the page.
            let isAtRight = (side == .right) != (direction == PANGO_DIRECTION_RTL)
            pango_layout_set_alignment(layout, isAtRight ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT)
        }
        var logical = PangoRectangle()
        pango_layout_get_extents(layout, nil, &logical)
        width = boxWidth ?? Double(logical.width) / Self.scale
        height = Double(logical.height) / Self.scale
        baseline = Double(pango_layout_get_baseline(layout)) / Self.scale
    }

    deinit { g_object_unref(UnsafeMutableRawPointer(layout)) }

    /// Draws the text with its upper left corner at a position.
    func draw(_ cairo: OpaquePointer, x: Double, y: Double) {
        cairo_set_source_rgb(cairo, color.red, color.green, color.blue)
        cairo_move_to(cairo, x, y)
        pango_cairo_show_layout(cairo, layout)
    }

    /// Calls `body` with each character that no font has.
    func forEachMissing(_ body: (UInt32) -> Void) {
        guard pango_layout_get_unknown_glyphs_count(layout) > 0, let iterator = pango_layout_get_iter(layout) else {
            return
        }
        defer { pango_layout_iter_free(iterator) }
        repeat {
            guard let run = pango_layout_iter_get_run_readonly(iterator), let glyphs = run.pointee.glyphs else {
                continue
            }
            for index in 0..<Int(glyphs.pointee.num_glyphs) {
                let glyph = glyphs.pointee.glyphs[index].glyph
                if glyph & Self.unknownFlag != 0, glyph != Self.emptyGlyph { body(glyph & ~Self.unknownFlag) }
            }
        } while pango_layout_iter_next_run(iterator) != 0
    }

    /// Pango's units a point.
    private static let scale = Double(PANGO_SCALE)
    /// PANGO_GLYPH_UNKNOWN_FLAG, a macro that Swift does not import: the rest of the glyph is the character.
    private static let unknownFlag: UInt32 = 0x1000_0000
    /// PANGO_GLYPH_EMPTY.
    private static let emptyGlyph: UInt32 = 0x0FFF_FFFF
}
