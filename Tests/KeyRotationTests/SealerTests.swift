import Sealing
import Testing

@Suite struct SealerTests {
    private let clear = Array("a secret".utf8)

    private func sealer(_ current: String, _ others: [String] = [], purpose: String = "test") -> Sealer {
        Sealer(keys: EncryptionKeys(current: current, others: others), purpose: purpose)
    }

    @Test func `a value is opened with its key, purpose and label only`() throws {
        let sealed = try sealer("one").seal(clear, label: "row 1")
        #expect(try sealer("one").open(sealed, label: "row 1") == clear)
        #expect(throws: SealingError.self) { try sealer("one").open(sealed, label: "row 2") }
        #expect(throws: SealingError.self) { try sealer("two").open(sealed, label: "row 1") }
        #expect(throws: SealingError.self) { try sealer("one", purpose: "other").open(sealed, label: "row 1") }
        #expect(throws: SealingError.self) { try sealer("one").open([], label: "row 1") }
    }

    @Test func `two seals of the same value differ`() throws {
        #expect(try sealer("one").seal(clear, label: "row") != sealer("one").seal(clear, label: "row"))
    }

    @Test func `one of several keys names itself in what it seals`() throws {
        let both = sealer("new", ["old"])
        let sealed = try both.seal(clear, label: "row")
        #expect(sealed.starts(with: both.currentPrefix))
        #expect(try sealer("new").open(sealed, label: "row") == clear)
        #expect(try sealer("old", ["new"]).open(sealed, label: "row") == clear)
        #expect(throws: SealingError.self) { try sealer("old").open(sealed, label: "row") }
        #expect(throws: SealingError.self) { try both.open(sealed, label: "another row") }
        #expect(!sealed.starts(with: sealer("old").currentPrefix))
    }

    @Test func `a single key seals in the form of earlier versions, which every keyring opens`() throws {
        let sealed = try sealer("old").seal(clear, label: "row")
        #expect(sealed.count == 12 + clear.count + 16)
        #expect(try sealer("new", ["older", "old"]).open(sealed, label: "row") == clear)
    }

    @Test func `the name of the key is authenticated`() throws {
        var sealed = try sealer("new", ["old"]).seal(clear, label: "row")
        sealed.replaceSubrange(..<sealer("old").currentPrefix.count, with: sealer("old").currentPrefix)
        #expect(throws: SealingError.self) { try sealer("new", ["old"]).open(sealed, label: "row") }
    }

    @Test func `every changed byte is noticed`() throws {
        for keys in [sealer("one"), sealer("one", ["two"])] {
            let sealed = try keys.seal(clear, label: "row")
            for position in sealed.indices {
                var changed = sealed
                changed[position] ^= 1
                #expect(throws: SealingError.self) { try keys.open(changed, label: "row") }
            }
        }
    }

    @Test func `a former label opens only what does not name its key`() throws {
        let single = sealer("one")
        let former = try single.seal(clear, label: "row", formerLabel: "table")
        #expect(try single.open(former, label: "another row", formerLabel: "table") == clear)
        let named = try single.sealNamed(clear, label: "row")
        #expect(try single.open(named, label: "row", formerLabel: "table") == clear)
        #expect(throws: SealingError.self) { try single.open(named, label: "another row", formerLabel: "table") }
    }

    @Test func `the secret of an event belongs to its context`() throws {
        let sealer = EventSecretSealer(keys: EncryptionKeys(current: "new", others: ["old"]))
        let sealed = try sealer.seal("hidden", context: "one")
        #expect(try sealer.open(sealed, context: "one") == "hidden")
        #expect(throws: SealingError.self) { try sealer.open(sealed, context: "two") }
        let former = try EventSecretSealer(secret: "old").seal("hidden", context: "one")
        #expect(try sealer.open(former, context: "one") == "hidden")
        #expect(try sealer.open("in clear", context: "one") == "in clear")
        #expect(throws: SealingError.self) { try sealer.open("sealed:no base64", context: "one") }
    }

    @Test func `keys show neither in descriptions nor in mirrors`() {
        let keys = EncryptionKeys(current: "my-current-key", others: ["my-other-key"])
        var dumped = ""
        dump(keys, to: &dumped)
        for text in [dumped, "\(keys)", String(reflecting: keys)] { #expect(!text.contains("my-")) }
    }

    @Test func `repeated keys count once`() {
        let keys = EncryptionKeys(current: "one", others: ["two", "one", "two"])
        #expect(keys.all == [EncryptionKey(secret: "one"), EncryptionKey(secret: "two")])
    }
}
