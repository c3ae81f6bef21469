import CPango
import PDFDocuments

/// Counts characters that no installed font has, by script.
struct MissingCharacters {
    private var byScript: [String: (count: Int, examples: [UInt32])] = [:]

    private static let maximumExamples = 5

    mutating func add(_ character: UInt32) {
        let code = g_unicode_script_to_iso15924(g_unichar_get_script(character))
        let letters = [24, 16, 8, 0].map { UInt8(code >> $0 & 0xFF) }
        let script = letters.contains(0) ? "Zzzz" : String(decoding: letters, as: UTF8.self)
        var entry = byScript[script] ?? (0, [])
        entry.count += 1
        if entry.examples.count < Self.maximumExamples, !entry.examples.contains(character) {
            entry.examples.append(character)
        }
        byScript[script] = entry
    }

    /// Sorted by script.
    var scripts: [MissingScript] {
        byScript.sorted { $0.key < $1.key }.map { script, entry in
            MissingScript(
                script: script, count: entry.count,
                examples: entry.examples.map { character in
                    let hex = String(character, radix: 16, uppercase: true)
                    return "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
                })
        }
    }
}
