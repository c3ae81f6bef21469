import ConfigurationChecks
import JSONCoding

extension EffectiveSetting {
    /// As `arc config show --json` prints it.
    var json: String {
        var object: JSONObject = ["name": .string(name)]
        if let value { object["value"] = .string(value) }
        object["source"] = .string(source ?? "default")
        if let problem { object["problem"] = .string(problem) }
        return String(decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    }
}
