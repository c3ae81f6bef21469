import JSONCoding
import Sealing

/// Seals values again under the current key. Pure.
struct Resealing: Sendable {
    /// What becomes of a value.
    enum Outcome: Sendable {
        /// Nothing in it is sealed under another key.
        case current
        case resealed(StaleValue.Value)
        /// No key opens it, or a part of it.
        case unreadable
    }

    let column: SealedColumn
    let sealer: Sealer

    init(_ column: SealedColumn, keys: EncryptionKeys) {
        self.column = column
        sealer = Sealer(keys: keys, purpose: column.purpose)
    }

    func outcome(of stale: StaleValue) -> Outcome {
        let place = column.place(stale.row)
        switch stale.value {
        case .bytes(let bytes):
            guard !bytes.starts(with: sealer.currentPrefix) else { return .current }
            return resealed(bytes, place).map { .resealed(.bytes($0)) } ?? .unreadable
        case .document(let text):
            guard column.hasSecretMembers, let document = stale.row.document else {
                return outcome(ofDocument: text, place)
            }
            return outcome(ofSecretsIn: document, place)
        }
    }

    /// Seals all secret members under the current key: those under others, and those that are in clear.
    private func outcome(ofSecretsIn document: JSONValue, _ place: SealedPlace) -> Outcome {
        var hasChanged = false
        var isUnreadable = false
        let latest = document.replacingSecrets { secret, _ in
            let bytes: [UInt8]?
            if let sealed = SecretMemberSealer.sealedBytes(secret) {
                if sealed.starts(with: sealer.currentPrefix) { return secret }
                bytes = resealed(sealed, place)
            } else {
                bytes = try? sealer.sealNamed(SecretMemberSealer.clearBytes(secret), label: place.label)
            }
            guard let bytes else {
                isUnreadable = true
                return secret
            }
            hasChanged = true
            return .string(SealedText.encode(bytes))
        }
        if hasChanged { return .resealed(.document(String(decoding: latest.serialized(), as: UTF8.self))) }
        return isUnreadable ? .unreadable : .current
    }

    private func resealed(_ sealed: [UInt8], _ place: SealedPlace) -> [UInt8]? {
        guard let clear = try? sealer.open(sealed, label: place.label, formerLabel: place.formerLabel) else {
            return nil
        }
        return try? sealer.sealNamed(clear, label: place.label)
    }

    /// Replaces the texts in a document and nothing else, so that whoever reads it finds the bytes that were written. A text that no key
    /// opens does not keep the others from being replaced: it may be what a person has written. It is counted when only such texts
    /// are left.
    private func outcome(ofDocument text: String, _ place: SealedPlace) -> Outcome {
        var latest = ""
        var rest = text[...]
        var hasChanged = false
        var isUnreadable = false
        let start = "\"" + SealedText.prefix
        while let found = rest.firstRange(of: start) {
            let begin = rest.index(after: found.lowerBound)
            guard let end = rest[begin...].firstIndex(of: "\"") else { break }
            let sealedText = rest[begin..<end]
            latest += rest[..<begin]
            rest = rest[end...]
            // A text of a person may begin like this, too; then it is not sealed.
            guard let sealed = SealedText.decode(sealedText), sealed.count >= Self.minimumLength else {
                latest += sealedText
                continue
            }
            if sealed.starts(with: sealer.currentPrefix) {
                latest += sealedText
            } else if let bytes = resealed(sealed, place) {
                latest += SealedText.encode(bytes)
                hasChanged = true
            } else {
                latest += sealedText
                isUnreadable = true
            }
        }
        if hasChanged { return .resealed(.document(latest + rest)) }
        return isUnreadable ? .unreadable : .current
    }

    /// Nonce and tag of AES-GCM.
    private static let minimumLength = 12 + 16
}
