import Logging

/// The settings of the log of a service. They are read before all others, so that what is wrong with those can be logged.
struct LogSettings {
    /// A value that is not usable; the default is used instead.
    struct Problem {
        let variable: String
        let reason: String
    }

    private(set) var level = Logger.Level.info
    private(set) var isReadable = false
    private(set) var repeatLimit = 50
    private(set) var problems: [Problem] = []

    init(_ environment: [String: String]) {
        if let text = environment["LOG_LEVEL"], !text.isEmpty {
            // The service itself refuses another text.
            level = Logger.Level(rawValue: text.lowercased()) ?? .info
        }
        if let text = environment["LOG_FORMAT"]?.lowercased(), !text.isEmpty {
            isReadable = text == "text"
            if text != "text", text != "json" {
                problems.append(Problem(variable: "LOG_FORMAT", reason: "is neither json nor text"))
            }
        }
        if let text = environment["LOG_REPEAT_LIMIT"], !text.isEmpty {
            if let limit = Int(text), (0...1_000_000).contains(limit) {
                repeatLimit = limit
            } else {
                problems.append(Problem(variable: "LOG_REPEAT_LIMIT", reason: "is not an integer from 0 to 1000000"))
            }
        }
    }
}
