import Primitives
import Sealing
import Testing

@testable import ServiceKit

@Suite
struct APIKeyTextTests {
    @Test func `keys have their form and are all different`() throws {
        var texts: Set<String> = []
        for _ in 0..<500 {
            let key = APIKeyText.make()
            #expect(key.text.utf8.count == 53 && key.text.hasPrefix("arc_"))
            #expect(APIKeyText(key.text) == key)
            #expect(key.prefix == key.text.prefix(12))
            texts.insert(key.text)
        }
        #expect(texts.count == 500)
        #expect(try texts.allSatisfy { try Regex("^\(APIKeyText.pattern)$").firstMatch(in: $0) != nil })
    }

    @Test func `every change of a single character is noticed`() {
        let text = APIKeyText.make().text
        for position in text.indices {
            let others = ["0", "A", "a", "z", "_", "-", " ", "\u{0}", "é"].filter { $0 != "\(text[position])" }
            for replacement in others {
                var changed = text
                changed.replaceSubrange(position...position, with: replacement)
                #expect(APIKeyText(changed) == nil, "\(changed)")
            }
        }
    }

    @Test func `what was cut off, padded, joined or written in another case is no key`() {
        let (text, other) = (APIKeyText.make().text, APIKeyText.make().text)
        for length in 0..<text.count { #expect(APIKeyText(String(text.prefix(length))) == nil) }
        for wrong in [
            "", "arc_", text + "=", text + "\n", " " + text, text + text, text + other, text + ", " + other,
            text.uppercased(), text.lowercased(), "ARC_" + text.dropFirst(4), String(text.dropFirst(4)),
            "arc_" + text, "arc-" + text.dropFirst(4), String(text.reversed()),
        ] {
            #expect(APIKeyText(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `only the beginning tells that a key is meant`() {
        #expect(APIKeyText.isMeant(by: "arc_") && APIKeyText.isMeant(by: "arc_x.y.z"))
        for other in ["", "arc", "ARC_x", "Arc_x", "eyJhbGciOi.x.y", " arc_"] {
            #expect(!APIKeyText.isMeant(by: other))
        }
    }

    @Test func `known numbers have known digits`() {
        func text(_ bytes: [UInt8], _ count: Int) -> String {
            String(decoding: Base62.encode(bytes, count: count), as: UTF8.self)
        }
        #expect(text([], 3) == "000")
        #expect(text([61], 1) == "z" && text([62], 2) == "10" && text([0, 61], 2) == "0z")
        #expect(text([255, 255, 255, 255], 6) == "4gfFC3")
        #expect(text([UInt8](repeating: 255, count: 32), 43).first != "0", "256 bits fit")
    }

    @Test func `a hash depends on the key and on the secret`() throws {
        let (key, other) = (APIKeyText.make(), APIKeyText.make())
        let (current, former) = (EncryptionKey(secret: "current"), EncryptionKey(secret: "former"))
        let hasher = APIKeyHasher([current, former])
        #expect(hasher.hash(key).count == 32)
        #expect(hasher.hash(key) == APIKeyHasher([current]).hash(key))
        #expect(hasher.hashes(key) == [hasher.hash(key), APIKeyHasher([former]).hash(key)])
        #expect(Set(hasher.hashes(key) + hasher.hashes(other)).count == 4)
    }
}
