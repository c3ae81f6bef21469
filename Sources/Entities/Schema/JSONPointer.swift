import Primitives

/// JSON pointers (RFC 6901) of validation details.
enum JSONPointer {
    /// Bytes of a member's name that a pointer shows. Names come from callers, and a pointer is repeated in every
    /// detail below the name, so a long one would make the answer many times larger than the request.
    private static let maximumTokenLength = 128

    /// A member's name as a reference token: `~` becomes `~0`, `/` becomes `~1`. A long name is shortened.
    static func escape(_ name: String) -> String {
        let name = name.shortened(toBytes: maximumTokenLength)
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var result = ""
        for character in name.unicodeScalars {
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
