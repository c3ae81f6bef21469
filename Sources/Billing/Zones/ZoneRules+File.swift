extension ZoneRules {
    /// The most transitions that a file may have; real ones have a few hundred.
    private static let maximumTransitions = 10_000

    /// Reads a file of the time zone database, version 1 to 4; nil for anything else.
    package init?(name: String, file bytes: [UInt8]) {
        guard let first = ZoneFileHeader(bytes, at: 0) else { return nil }
        guard first.version >= UInt8(ascii: "2") else {
            self.init(name: name, block: bytes, header: first, timeSize: 4, rule: nil)
            return
        }
        // The second block has the same with times of 64 bits, and the rule for later times behind it.
        guard let second = ZoneFileHeader(bytes, at: first.blockEnd(timeSize: 4)) else { return nil }
        let footer = second.blockEnd(timeSize: 8)
        guard footer < bytes.count, bytes[footer] == UInt8(ascii: "\n"),
            let end = bytes[(footer + 1)...].firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        var rule: ZoneRule?
        if end > footer + 1 {
            guard let read = ZoneRule(posix: bytes[(footer + 1)..<end]) else { return nil }
            rule = read
        }
        self.init(name: name, block: bytes, header: second, timeSize: 8, rule: rule)
    }

    private init?(name: String, block bytes: [UInt8], header: ZoneFileHeader, timeSize: Int, rule: ZoneRule?) {
        guard header.times <= Self.maximumTransitions, header.types > 0,
            header.blockEnd(timeSize: timeSize) <= bytes.count
        else { return nil }
        let types = header.start + header.times * timeSize
        let infos = types + header.times
        var typeOffsets: [Int] = []
        for index in 0..<header.types {
            let offset = Int(Int32(truncatingIfNeeded: bytes.bigEndian(at: infos + index * 6, size: 4)))
            guard abs(offset) < 7 * 86_400 else { return nil }
            typeOffsets.append(offset)
        }
        var transitions: [Int64] = []
        var offsets = [typeOffsets[0]]
        for index in 0..<header.times {
            let time = bytes.bigEndian(at: header.start + index * timeSize, size: timeSize)
            let type = Int(bytes[types + index])
            guard type < typeOffsets.count, transitions.last.map({ $0 < time }) ?? true else { return nil }
            transitions.append(time)
            offsets.append(typeOffsets[type])
        }
        self.init(name: name, transitions: transitions, offsets: offsets, rule: rule)
    }
}

/// The numbers in front of a block of a time zone file.
private struct ZoneFileHeader {
    let version: UInt8
    /// Where the block begins.
    let start: Int
    let times: Int
    let types: Int
    /// Bytes of the block behind the types: abbreviations, leap seconds, indicators.
    private let characters: Int
    private let leapSeconds: Int
    private let indicators: Int

    init?(_ bytes: [UInt8], at position: Int) {
        guard position >= 0, position + 44 <= bytes.count,
            bytes[position..<(position + 4)].elementsEqual("TZif".utf8)
        else { return nil }
        func count(_ index: Int) -> Int { Int(bytes.bigEndian(at: position + 20 + index * 4, size: 4)) }
        version = bytes[position + 4]
        start = position + 44
        (times, types) = (count(3), count(4))
        (characters, leapSeconds, indicators) = (count(5), count(2), count(0) + count(1))
        guard [times, types, characters, leapSeconds, indicators].allSatisfy({ (0...1_000_000).contains($0) }) else {
            return nil
        }
    }

    func blockEnd(timeSize: Int) -> Int {
        start + times * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4) + indicators
    }
}

extension [UInt8] {
    /// The signed number of that many bytes, the highest first.
    fileprivate func bigEndian(at position: Int, size: Int) -> Int64 {
        let value = self[position..<(position + size)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
    }
}
