import Primitives

/// Makes passwords for first users, who never see them: they set one of their own.
enum PasswordGenerator {
    private static let classes: [[Character]] = [
        Array("abcdefghijkmnopqrstuvwxyz"), Array("ABCDEFGHJKLMNPQRSTUVWXYZ"), Array("23456789"), Array("!#$%*+-=?@_"),
    ]

    /// Random characters of the kernel's generator, of every class that password policies ask for.
    static func make(length: Int) -> String {
        var generator = Generator()
        let all = classes.flatMap(\.self)
        var characters = classes.compactMap { $0.randomElement(using: &generator) }
        while characters.count < length {
            if let character = all.randomElement(using: &generator) { characters.append(character) }
        }
        characters.shuffle(using: &generator)
        return String(characters)
    }

    private struct Generator: RandomNumberGenerator {
        mutating func next() -> UInt64 { SecureRandom.bits64() }
    }
}
