import JSONCoding
import Sealing
import Testing

@testable import KeyRotation

@Suite struct SecretMemberSealerTests {
    private static let document: JSONValue = [
        "realm": "a", "clientSecret": "s3cret-marker", "pin": 1, "password": 1234.50, "token": nil, "apiKey": "",
        "list": [["credentials": ["user": "u", "pass": "p-marker"]]],
    ]

    private static func sealer(_ current: String, _ others: [String] = []) -> SecretMemberSealer {
        SecretMemberSealer(keys: EncryptionKeys(current: current, others: others), purpose: "test")
    }

    @Test func `a document comes back as it was, for its owner only`() throws {
        let sealed = try Self.sealer("one").sealed(Self.document, owner: "tenant")
        let text = String(decoding: sealed.serialized(), as: UTF8.self)
        #expect(!text.contains("marker") && !text.contains("1234"))
        #expect(sealed["realm"] == "a" && sealed["pin"] == 1 && sealed["token"] == .null)
        #expect(Self.sealer("one").opened(document: sealed, owner: "tenant") == Self.document)
        #expect(Self.sealer("two", ["one"]).opened(document: sealed, owner: "tenant") == Self.document)
        #expect(Self.sealer("one").opened(document: sealed, owner: "other") == sealed)
        #expect(Self.sealer("two").opened(document: sealed, owner: "tenant") == sealed)
        let again = try Self.sealer("one").sealed(Self.document, owner: "tenant")
        #expect(again != sealed, "equal secrets are not seen to be equal")
    }

    @Test func `a text that looks sealed is a secret like any other, unless it is stored and unreadable`() throws {
        let foreign = try Self.sealer("lost").sealed(["secret": "a"], owner: "tenant")
        let sealer = Self.sealer("one")
        let written = try sealer.sealed(foreign, owner: "tenant")
        #expect(written != foreign && sealer.opened(document: written, owner: "tenant") == foreign)
        #expect(try sealer.sealed(foreign, owner: "tenant", beside: foreign) == foreign)
        // What can be read is not: it may be written back by whoever has read the table.
        let own = try sealer.sealed(["secret": "b"], owner: "tenant")
        let copied = try sealer.sealed(own, owner: "tenant", beside: own)
        #expect(sealer.opened(document: copied, owner: "tenant") == own)
    }

    @Test func `a rotation seals what is in clear, too, and is then done`() throws {
        let column = SealedColumn(
            "main.things", "value", key: [.init("id", "uuid")], form: .jsonb, hasSecretMembers: true, purpose: "test"
        ) { _ in SealedPlace("tenant") }
        let keys = EncryptionKeys(current: "new", others: ["old"])
        let resealing = Resealing(column, keys: keys)
        func outcome(_ document: JSONValue) -> Resealing.Outcome {
            let text = String(decoding: document.serialized(), as: UTF8.self)
            return resealing.outcome(
                of: StaleValue(row: SealedRow(texts: [:], document: document), key: [], value: .document(text)))
        }
        let old = try Self.sealer("old").sealed(["secret": "a"], owner: "tenant")
        var mixed = Self.document.objectValue ?? [:]
        mixed["secret"] = old["secret"]
        guard case .resealed(.document(let text)) = outcome(.object(mixed)) else {
            Issue.record("it was not sealed")
            return
        }
        let latest = try JSONValue.parse(text)
        #expect(!text.contains("marker") && latest["realm"] == "a")
        mixed["secret"] = "a"
        #expect(Self.sealer("new").opened(document: latest, owner: "tenant") == .object(mixed))
        guard case .current = outcome(latest), case .current = outcome(["realm": "a"]) else {
            Issue.record("it was sealed twice")
            return
        }
        let lost = try Self.sealer("lost").sealed(["secret": "a"], owner: "tenant")
        guard case .unreadable = outcome(lost) else {
            Issue.record("a lost key was not reported")
            return
        }
    }
}
