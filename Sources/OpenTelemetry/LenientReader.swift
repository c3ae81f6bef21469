import Configuration
import ConfigurationChecks
import Primitives

/// Reads `OTEL_…` variables. Other programs read them too, so a number or word that is not usable is ignored with a warning, as
/// the OpenTelemetry specification demands; it does not keep the service from starting.
struct LenientReader {
    let reader: ConfigReader
    /// Called with the name of a variable and what is wrong with it, without its value.
    let warn: (_ variable: String, _ reason: String) -> Void

    func text(_ key: ConfigKey) -> String? { reader.text(key) }

    func integer(_ key: ConfigKey, default defaultValue: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = reader.text(key) else { return defaultValue }
        guard let value = Int(text), range.contains(value) else {
            warn(key.environmentName, "is not an integer from \(range.lowerBound) to \(range.upperBound)")
            return defaultValue
        }
        return value
    }

    /// True only for `true` in any case; everything else but `false` is worth a warning.
    func flag(_ key: ConfigKey) -> Bool {
        guard let text = reader.text(key)?.lowercased() else { return false }
        if text != "true", text != "false" { warn(key.environmentName, "is neither true nor false") }
        return text == "true"
    }

    /// Pairs such as `key1=value1,key2=value2` with percent-encoded values. One malformed pair makes the whole text useless.
    func pairs(_ text: String?, _ key: ConfigKey) -> [(key: String, value: String)] {
        guard let text else { return [] }
        var pairs: [(key: String, value: String)] = []
        for part in text.split(separator: ",") {
            let member = part.trimmedSlice
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: "="),
                let name = PercentEncoding.decode(member[..<equals].trimmedSlice),
                let value = PercentEncoding.decode(member[member.index(after: equals)...].trimmedSlice), !name.isEmpty
            else {
                warn(key.environmentName, "is not a list such as key1=value1,key2=value2, so all of it is ignored")
                return []
            }
            pairs.append((name, value))
        }
        return pairs
    }
}
