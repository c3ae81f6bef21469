import Primitives

/// A question for the TXT records of a name (RFC 1035).
struct DNSQuery: Sendable {
    /// Unpredictable: with the random port of its socket it distinguishes the answer from what somebody else sends.
    let id: UInt16
    let name: DNSName

    init(_ name: DNSName, id: UInt16 = UInt16(truncatingIfNeeded: SecureRandom.bits64())) {
        self.name = name
        self.id = id
    }

    static let headerLength = 12
    static let typeCNAME: UInt16 = 5
    static let typeTXT: UInt16 = 16
    static let classInternet: UInt16 = 1

    /// The message. It asks for recursion and has no extensions: without them answers of more than 512 bytes are cut off and
    /// read over TCP, and no server has to understand more than RFC 1035.
    var message: [UInt8] {
        let recursionDesired: UInt16 = 0x0100
        let header: [UInt16] = [id, recursionDesired, 1, 0, 0, 0]
        let question = name.wireFormat + [Self.typeTXT, Self.classInternet].flatMap(Self.bytes)
        return header.flatMap(Self.bytes) + question
    }

    /// What a message answers to this query; nil when it is the answer to another one, or no answer at all.
    /// - Throws: ``DNSError/malformed`` for an answer to this query that cannot be read.
    func answer(in message: [UInt8]) throws(DNSError) -> DNSAnswer? {
        var reader = DNSReader(message)
        guard let id = reader.word(), let flags = reader.word(), let questions = reader.word(),
            let count = reader.word(), reader.word() != nil, reader.word() != nil
        else { return nil }
        let isResponse = flags & 0x8000 != 0
        let operation = flags >> 11 & 0xF
        guard id == self.id, isResponse, operation == 0, questions == 1, let asked = reader.name(),
            asked == name, reader.word() == Self.typeTXT, reader.word() == Self.classInternet
        else { return nil }
        let isTruncated = flags & 0x0200 != 0
        // The rest of a truncated answer is not usable.
        guard !isTruncated else { return .truncated }
        let code = UInt8(truncatingIfNeeded: flags & 0xF)
        switch code {
        case 0: return .records(try records(count, &reader))
        case Self.nameDoesNotExist: return .records([])
        default: return .failure(code)
        }
    }

    private static let nameDoesNotExist: UInt8 = 3

    private func records(_ count: UInt16, _ reader: inout DNSReader) throws(DNSError) -> [DNSRecord] {
        var records: [DNSRecord] = []
        for _ in 0..<count {
            guard let owner = reader.name(), let type = reader.word(), let kind = reader.word(),
                reader.skip(4), let length = reader.word(), let end = reader.end(after: Int(length))
            else { throw .malformed }
            switch (type, kind) {
            case (Self.typeTXT, Self.classInternet):
                guard let text = reader.text(until: end) else { throw .malformed }
                records.append(DNSRecord(owner: owner, data: .text(text)))
            case (Self.typeCNAME, Self.classInternet):
                guard let target = reader.name(), reader.position == end else { throw .malformed }
                records.append(DNSRecord(owner: owner, data: .alias(target)))
            default: reader.position = end
            }
        }
        return records
    }

    private static func bytes(_ word: UInt16) -> [UInt8] {
        [UInt8(word >> 8), UInt8(truncatingIfNeeded: word)]
    }
}

/// The answer to a query.
enum DNSAnswer: Sendable, Hashable {
    /// Empty when the name does not exist or has no such records.
    case records([DNSRecord])
    /// The answer is too long for a datagram: ask again over TCP.
    case truncated
    /// An RCODE.
    case failure(UInt8)
}

/// A record of an answer.
struct DNSRecord: Sendable, Hashable {
    enum Value: Sendable, Hashable {
        /// The strings of a TXT record one after the other, as RFC 7208 section 3.3 reads them.
        case text([UInt8])
        case alias(DNSName)
    }

    let owner: DNSName
    let data: Value
}

extension [DNSRecord] {
    /// The texts of a name, or of the name that it is an alias of. Records of other names are ignored.
    func texts(of name: DNSName) -> [[UInt8]] {
        var owner = name
        // A chain of aliases that is longer than the list is a loop.
        for _ in 0...count {
            var texts: [[UInt8]] = []
            var alias: DNSName?
            for record in self where record.owner == owner {
                switch record.data {
                case .text(let text): texts.append(text)
                case .alias(let target): alias = target
                }
            }
            guard texts.isEmpty, let alias else { return texts }
            owner = alias
        }
        return []
    }
}
