import CPango

/// Pages that are drawn on, one after the other, and the fonts of their text. Lengths are points (1/72 inch) from the
/// upper left corner.
final class Canvas {
    /// A4.
    static let width = 595.276
    static let height = 841.89

    private let cairo: OpaquePointer
    private let context: OpaquePointer
    private let font: OpaquePointer
    private(set) var missing = MissingCharacters()

    /// Families in the order of preference. Without them, fontconfig's order decides, which differs between machines
    /// and prefers fonts with a few letters of many scripts to the ones that were made for a script.
    private static let families = [
        "Noto Sans", "Noto Sans Hebrew", "Noto Sans Arabic", "Noto Naskh Arabic", "Noto Sans Devanagari",
        "Noto Sans Thai", "Noto Sans Armenian", "Noto Sans Georgian", "sans-serif",
    ]

    /// - Parameters:
    ///   - language: BCP 47.
    ///   - family: A family before all others; empty for none.
    init(cairo: OpaquePointer, language: String, family: String) {
        self.cairo = cairo
        context = pango_cairo_create_context(cairo)
        // One unit of the surface is one point.
        pango_cairo_context_set_resolution(context, 72)
        // Rounded to whole points, letters would be unevenly spaced, and readers would find spaces within words.
        pango_context_set_round_glyph_positions(context, 0)
        pango_context_set_language(context, pango_language_from_string(language))
        // Outlines as they were designed: hinting is for screens, and would make widths depend on the size.
        let options = cairo_font_options_create()
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        pango_cairo_context_set_font_options(context, options)
        cairo_font_options_destroy(options)
        font = pango_font_description_new()
        let families = ([family] + Self.families).filter { !$0.isEmpty }
        pango_font_description_set_family(font, families.joined(separator: ","))
    }

    deinit {
        pango_font_description_free(font)
        g_object_unref(UnsafeMutableRawPointer(context))
    }

    /// Prepares one line of text.
    func line(_ text: String, _ style: TextStyle) -> TextBlock {
        TextBlock(text, style, context: context, font: font)
    }

    /// Prepares text that is broken into lines.
    func paragraph(
        _ text: String, _ style: TextStyle, width: Double, lines: Int, side: TextBlock.Side = .left
    ) -> TextBlock {
        TextBlock(text, style, context: context, font: font, boxWidth: width, lines: lines, side: side)
    }

    /// Draws a prepared text with its upper left corner at a position.
    func draw(_ block: TextBlock, x: Double, y: Double) {
        block.draw(cairo, x: x, y: y)
        block.forEachMissing { missing.add($0) }
    }

    /// Draws one line of text.
    /// - Parameters:
    ///   - x: The side that `side` names.
    ///   - y: The baseline.
    func text(_ text: String, x: Double, y: Double, _ style: TextStyle, side: TextBlock.Side = .left) {
        let block = line(text, style)
        draw(block, x: side == .left ? x : x - block.width, y: y - block.baseline)
    }

    /// Fills a rectangle; the position is its upper left corner.
    func fill(x: Double, y: Double, width: Double, height: Double, _ color: Color) {
        cairo_set_source_rgb(cairo, color.red, color.green, color.blue)
        cairo_rectangle(cairo, x, y, width, height)
        cairo_fill(cairo)
    }

    /// Draws an image into the upper right corner of a box, as large as the box allows and not larger than one point for each pixel.
    func draw(_ picture: Picture, right: Double, top: Double, width: Double, height: Double) {
        let scale = min(width / picture.width, height / picture.height, 1)
        cairo_save(cairo)
        cairo_translate(cairo, right - picture.width * scale, top)
        cairo_scale(cairo, scale, scale)
        cairo_set_source_surface(cairo, picture.surface, 0, 0)
        cairo_paint(cairo)
        cairo_restore(cairo)
    }

    /// Draws a horizontal line.
    func rule(x: Double, y: Double, width: Double, thickness: Double = 0.5) {
        fill(x: x, y: y, width: width, height: thickness, .line)
    }

    /// Ends the page.
    func endPage() { cairo_show_page(cairo) }
}
