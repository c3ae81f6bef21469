/// What makes a regular expression expensive to match, found by reading it.
///
/// PostgreSQL matches most patterns in time proportional to the text. Patterns with back-references it matches by trying, and
/// repetitions inside repetitions can multiply the states it has to keep: either may take minutes on a short text. As callers
/// choose the pattern, such patterns are refused. The syntax is that of PostgreSQL's advanced regular expressions (manual,
/// section 9.7.3); what is not a valid expression is left for PostgreSQL to refuse.
struct PatternCost {
    /// Why a pattern is refused.
    enum Problem: String, Sendable {
        case backReference = "must not contain back-references such as \\1"
        case nestedRepetition = "must not repeat a group that contains a repetition or alternatives"
        case longRepetition = "must not repeat parts more than 1000 times in all"
        case option = "must not contain options, comments or directors such as (?i), (?#) or ***=; write /pattern/i"
    }

    /// The counts of bounded repetitions may add up to this.
    private static let maximumRepetitions = 1000

    /// The part of the pattern between two parentheses, or all of it.
    private struct Group {
        /// Whether it can match in more ways than one: it has a repetition or alternatives at any depth.
        var isVariable = false
    }

    /// What a quantifier would apply to.
    private enum Atom {
        /// Nothing: PostgreSQL refuses the quantifier.
        case none
        case single
        case group(Group)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var groups = [Group()]
    private var atom = Atom.none
    private var repetitions = 0

    private init(_ pattern: String) { bytes = Array(pattern.utf8) }

    /// The first reason to refuse a pattern; nil when it is cheap, or when PostgreSQL will find that it is invalid.
    static func problem(of pattern: String) -> Problem? {
        if pattern.utf8.starts(with: "***".utf8) { return .option }
        var reader = PatternCost(pattern)
        while reader.position < reader.bytes.count {
            if let problem = reader.next() { return problem }
        }
        return nil
    }

    private mutating func next() -> Problem? {
        switch bytes[position] {
        case UInt8(ascii: "\\"): return escape()
        case UInt8(ascii: "["): return brackets()
        case UInt8(ascii: "("): return open()
        case UInt8(ascii: ")"): close()
        case UInt8(ascii: "|"):
            groups[groups.count - 1].isVariable = true
            atom = .none
            position += 1
        case UInt8(ascii: "*"), UInt8(ascii: "+"):
            position += 1
            return quantifier(maximum: nil)
        case UInt8(ascii: "?"):
            position += 1
            return quantifier(maximum: 1)
        case UInt8(ascii: "{") where peek(1).map(Self.isDigit) == true: return bound()
        default:
            atom = .single
            position += 1
        }
        return nil
    }

    private func peek(_ distance: Int) -> UInt8? {
        position + distance < bytes.count ? bytes[position + distance] : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// `\` and what belongs to it. `\c` takes any character with it, a parenthesis too.
    private mutating func escape() -> Problem? {
        guard let letter = peek(1) else {
            position += 1
            return nil
        }
        if Self.isDigit(letter), letter != UInt8(ascii: "0") { return .backReference }
        position += letter == UInt8(ascii: "c") ? 3 : 2
        atom = .single
        return nil
    }

    /// A bracket expression, which is one character: nothing in it is special but its end, escapes and classes.
    private mutating func brackets() -> Problem? {
        position += 1
        if peek(0) == UInt8(ascii: "^") { position += 1 }
        if peek(0) == UInt8(ascii: "]") { position += 1 }
        while let byte = peek(0), byte != UInt8(ascii: "]") {
            if byte == UInt8(ascii: "\\") {
                if let problem = escape() { return problem }
            } else if byte == UInt8(ascii: "["), let kind = peek(1), [0x2E, 0x3A, 0x3D].contains(kind) {
                // [:alpha:], [.x.] or [=x=]
                position += 2
                while position < bytes.count, peek(0) != kind || peek(1) != UInt8(ascii: "]") { position += 1 }
                position += 2
            } else {
                position += 1
            }
        }
        position += 1
        atom = .single
        return nil
    }

    /// `(`, `(?:`, or the beginning of a look-around.
    private mutating func open() -> Problem? {
        position += 1
        groups.append(Group())
        atom = .none
        guard peek(0) == UInt8(ascii: "?") else { return nil }
        switch (peek(1), peek(2)) {
        case (UInt8(ascii: ":"), _), (UInt8(ascii: "="), _), (UInt8(ascii: "!"), _): position += 2
        case (UInt8(ascii: "<"), UInt8(ascii: "=")), (UInt8(ascii: "<"), UInt8(ascii: "!")): position += 3
        default: return .option
        }
        return nil
    }

    private mutating func close() {
        position += 1
        guard groups.count > 1, let group = groups.popLast() else { return }
        if group.isVariable { groups[groups.count - 1].isVariable = true }
        atom = .group(group)
    }

    /// `{m}`, `{m,}` or `{m,n}`.
    private mutating func bound() -> Problem? {
        position += 1
        let minimum = number()
        var maximum: Int? = minimum
        if peek(0) == UInt8(ascii: ",") {
            position += 1
            maximum = peek(0).map(Self.isDigit) == true ? number() : nil
        }
        if peek(0) == UInt8(ascii: "}") { position += 1 }
        repetitions += max(minimum, maximum ?? 0)
        if repetitions > Self.maximumRepetitions { return .longRepetition }
        return quantifier(maximum: maximum)
    }

    private mutating func number() -> Int {
        var value = 0
        while let digit = peek(0), Self.isDigit(digit) {
            value = min(value * 10 + Int(digit - UInt8(ascii: "0")), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func quantifier(maximum: Int?) -> Problem? {
        // The mark of a quantifier that prefers the shortest match.
        if peek(0) == UInt8(ascii: "?") { position += 1 }
        groups[groups.count - 1].isVariable = true
        defer { atom = .none }
        guard case .group(let group) = atom, group.isVariable, maximum.map({ $0 > 1 }) ?? true else { return nil }
        return .nestedRepetition
    }
}
