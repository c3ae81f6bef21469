import ConfigurationChecks
import JSONCoding
import ServiceKit

/// The members of a tier that its provisioner reads, checked one by one. Errors say which tier, which member, and what
/// it should be; values, which may be secrets, never show.
struct TierOptions {
    private let definition: TierDefinition

    /// - Parameter known: Every member that the provisioner reads.
    init(_ definition: TierDefinition, known: [String]) throws(ConfigurationFailure) {
        self.definition = definition
        for name in definition.options.keys where !known.contains(name) {
            let words = known.isEmpty ? "takes no others than provisioner" : "takes \(known.joined(separator: ", "))"
            throw failure(#"has the unknown member "\#(name)"; \#(definition.provisioner) \#(words)"#)
        }
    }

    /// A text that must be there.
    func text(_ name: String, _ what: String) throws(ConfigurationFailure) -> String {
        guard let text = definition.options[name]?.stringValue, !text.isEmpty else {
            throw failure(#"needs "\#(name)": \#(what)"#)
        }
        return text
    }

    /// A text that may be there.
    func textIfPresent(_ name: String, _ what: String) throws(ConfigurationFailure) -> String? {
        definition.options[name] == nil ? nil : try text(name, what)
    }

    /// A list of texts that must be there and have an element.
    func texts(_ name: String, _ what: String) throws(ConfigurationFailure) -> [String] {
        let texts = definition.options[name]?.arrayValue?.map(\.stringValue) ?? []
        let words = texts.compactMap(\.self)
        guard !words.isEmpty, words.count == texts.count, words.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw failure(#"needs "\#(name)": \#(what)"#)
        }
        return words
    }

    /// An object of texts, empty when it is not there.
    func dictionary(_ name: String, _ what: String) throws(ConfigurationFailure) -> [String: String] {
        guard let value = definition.options[name] else { return [:] }
        let wrong = failure(#"has a wrong "\#(name)": it must be \#(what)"#)
        guard let members = value.objectValue else { throw wrong }
        var texts: [String: String] = [:]
        for (key, value) in members {
            guard let text = value.stringValue, !key.isEmpty, !text.utf8.contains(0) else { throw wrong }
            texts[key] = text
        }
        return texts
    }

    /// A number of seconds.
    func seconds(
        _ name: String, default defaultValue: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationFailure) -> Duration {
        guard let value = definition.options[name] else { return .seconds(defaultValue) }
        guard let seconds = value.intValue, range.contains(seconds) else {
            throw failure(
                #"has a wrong "\#(name)": it must be a whole number from \#(range.lowerBound) to \#(range.upperBound)"#)
        }
        return .seconds(seconds)
    }

    /// A failure of this tier.
    func failure(_ reason: String) -> ConfigurationFailure {
        ConfigurationFailure(key: "TIERS_FILE", reason: "\(definition.place) \(reason)")
    }
}
