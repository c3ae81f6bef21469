import Configuration
import ConfigurationChecks

/// Reads `OTEL_…` variables. Other programs read them too, so a number or word that is not usable is ignored with a warning, as
/// the OpenTelemetry specification demands; it does not keep the service from starting.
struct LenientReader {
    let reader: ConfigReader
    /// Called with the name of a variable and what is wrong with it, without its value.
    let warn: (_ variable: String, _ reason: String) -> Void

    /// The value, or what an unset variable means.
    /// - Throws: `ConfigurationFailure` when the file of a secret cannot be read.
    func value<Value>(_ setting: Setting<Value>) throws(ConfigurationFailure) -> Value {
        try setting.value(in: reader, warn: warn)
    }

    /// The value for traces, or else the one for everything.
    func value<Value>(_ pair: TracingSettings.Pair<Value?>) throws(ConfigurationFailure) -> Value? {
        // Both are read, so that each mistake is in the log.
        let general = try value(pair.general)
        return try value(pair.traces) ?? general
    }
}
