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
            "  processes \(home.processFile) (for a debugger, see docs/development.md)",
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
