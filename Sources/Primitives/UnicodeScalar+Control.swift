extension Unicode.Scalar {
    /// Whether the scalar has no shape and changes how others are shown: control characters (general category Cc), line
    /// and paragraph separators, and the characters that set the direction of text (Bidi_Control).
    ///
    /// In a name or a log they let one text look like another, or like several lines.
    package var isControlOrDirection: Bool {
        // Names are nearly all of ASCII.
        if value < 0x7F { return value < 0x20 }
        return switch value {
        case 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
