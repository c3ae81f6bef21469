import Primitives

/// Random numbers that follow from a seed and a number alone (SplitMix64), so that the tenant with a number is the same however many
/// others there are.
struct SampleRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64, number: Int) {
        var mixer = SampleRandom(state: seed)
        state = mixer.next() ^ UInt64(bitPattern: Int64(number)) &* 0xD605_BBB5_8C8A_BC31
        // Neighboring numbers begin far from each other.
        state = next()
    }

    private init(state: UInt64) { self.state = state }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to a bound, which it does not reach.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    /// Whether something happens that happens in so many of a hundred cases.
    mutating func happens(inPercent percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Element>(_ elements: [Element], or fallback: Element) -> Element {
        elements.isEmpty ? fallback : elements[below(elements.count)]
    }

    /// A UUID of version 7 for that instant.
    mutating func identifier(at instant: Timestamp) -> Identifier {
        let milliseconds = UInt64(max(0, instant.milliseconds)) & 0xFFFF_FFFF_FFFF
        return Identifier(
            high: milliseconds << 16 | 0x7000 | (next() & 0x0FFF),
            low: 0x8000_0000_0000_0000 | (next() >> 2))
    }
}
