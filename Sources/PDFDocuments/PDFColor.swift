/// A colour of the screen, each part from 0 to 1.
package struct PDFColor: Sendable, Hashable {
    let red: Float
    let green: Float
    let blue: Float

    /// A colour from its parts, 0 to 1.
    package init(red: Double, green: Double, blue: Double) {
        self.red = Float(red)
        self.green = Float(green)
        self.blue = Float(blue)
    }

    /// A shade between black (0) and white (1).
    package static func gray(_ level: Double) -> PDFColor { PDFColor(red: level, green: level, blue: level) }

    /// Black.
    package static let black = gray(0)
    /// White.
    package static let white = gray(1)
}
