/// How text looks.
struct TextStyle {
    /// Height of the font in points.
    var size: Double
    var isBold = false
    var color = Color.ink
}

/// A color on paper, each part from 0 to 1.
struct Color {
    var red: Double
    var green: Double
    var blue: Double

    static func gray(_ level: Double) -> Color { Color(red: level, green: level, blue: level) }

    static let white = gray(1)
    static let ink = gray(0.13)
    static let faded = gray(0.45)
    static let line = gray(0.75)
    static let ground = gray(0.94)
    static let blue = Color(red: 0.16, green: 0.33, blue: 0.6)
    static let green = Color(red: 0.12, green: 0.49, blue: 0.29)
    static let red = Color(red: 0.6, green: 0.16, blue: 0.16)
}

extension Color {
    /// A color as `#1a2b3c`; nil for other texts, and for one that is too light for text on white paper.
    init?(accent text: String) {
        guard text.utf8.count == 7, text.hasPrefix("#"), let number = UInt32(text.dropFirst(), radix: 16) else {
            return nil
        }
        func part(_ shift: UInt32) -> Double { Double(number >> shift & 0xFF) / 255 }
        self.init(red: part(16), green: part(8), blue: part(0))
        // Perceived brightness.
        guard 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.7 else { return nil }
    }
}
