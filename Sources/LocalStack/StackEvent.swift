/// What happens while a stack starts, runs and stops, for a terminal.
package enum StackEvent: Sendable, CustomStringConvertible {
    /// A step of the start begins.
    case step(String)
    /// Something that deserves attention but stops nothing.
    case warning(String)
    /// A component logged a warning or an error.
    case alarm(component: String, line: String)
    /// A component answers, but is not ready yet.
    case waiting(component: String, log: String)
    /// A component ended unexpectedly and will be started again. `detail` is the end of its log and what to do.
    case crashed(component: String, exit: String, restartIn: Duration, log: String, detail: String)
    /// A component is ready again after a crash.
    case recovered(component: String)
    /// A component has ended on request.
    case ended(component: String, wasKilled: Bool)

    /// One line, or a few after a crash.
    package var description: String {
        switch self {
        case .step(let text): text
        case .warning(let text): "warning: \(text)"
        case .alarm(let component, let line): "[\(component)] \(line)"
        case .waiting(let component, let log): "\(component) is running but not ready yet; waiting. Its log: \(log)"
        case .crashed(let component, let exit, let delay, let log, let detail):
            "\(component) \(exit); starting it again in \(delay). Its log: \(log)"
                + (detail.isEmpty
                    ? "" : "\n" + detail.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        case .recovered(let component): "\(component) is ready again"
        case .ended(let component, let wasKilled): "\(component) stopped\(wasKilled ? " (it had to be killed)" : "")"
        }
    }
}

/// What `arc up` prints once everything is ready.
package struct StackSummary: Sendable {
    /// Each service and its address, in starting order.
    package let services: [(service: StackService, url: String)]
    /// `$ARC_HOME`.
    package let home: StackHome
    /// Folder with the data of PostgreSQL and Redis.
    package let dataFolder: String
    /// Port of the private PostgreSQL on 127.0.0.1.
    package let postgresPort: UInt16
    /// Port of the private Redis on 127.0.0.1.
    package let redisPort: UInt16
    /// Folder with development mails; nil if the user chose another transport.
    package let outboxFolder: String?
    /// A token with every permission, nil when `arc token` failed.
    package let token: String?
    /// From the call to ready.
    package let elapsed: Duration

    /// Ready for a terminal, the token in a line that can be pasted.
    package var text: String {
        let width = services.map(\.service.name.count).max() ?? 0
        var lines = ["", "Ready in \(elapsed.formatted)."]
        for (service, url) in services {
            let padding = String(repeating: " ", count: width - service.name.count)
            lines.append("  \(service.name)\(padding)  \(url)" + (service.hasExplorer ? "  and \(url)/explorer" : ""))
        }
        lines += [
            "", "  data      \(dataFolder)", "  logs      \(home.logFolder)",
        ]
        if let outboxFolder { lines.append("  mails     \(outboxFolder)") }
        lines += [
            "  secrets   \(home.stateFile)", "  postgres  127.0.0.1:\(postgresPort)",
            "  redis     127.0.0.1:\(redisPort)",
        ]
        if let token { lines += ["", "A token with every permission:", "", "export ARC_TOKEN=\(token)"] }
        if let url = services.first?.url {
            lines += ["", "Try it:", "", "curl -H \"Authorization: Bearer $ARC_TOKEN\" \(url)/tenants"]
        }
        return (lines + ["", "Ctrl-C stops everything; the data stays."]).joined(separator: "\n")
    }
}

extension Duration {
    /// Seconds with one decimal.
    fileprivate var formatted: String {
        let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
