/// A child that was started, recorded on disk so that the next `arc up` finds what a killed one left behind.
package struct ProcessRecord: Sendable, Hashable {
    /// The component that is PostgreSQL, which ends in its own way.
    static let postgresName = "postgresql"

    /// The component's name, one word.
    package let name: String
    /// Its process id at the time.
    package let processIdentifier: Int32
    /// Clock ticks from boot to its start (field 22 of /proc/PID/stat): together with the id of the boot this
    /// distinguishes the process from a later one with the same id.
    package let startTime: UInt64
    /// The kernel's id of the boot in which the process was started.
    package let boot: String

    package init(name: String, processIdentifier: Int32, startTime: UInt64, boot: String) {
        self.name = name
        self.processIdentifier = processIdentifier
        self.startTime = startTime
        self.boot = boot
    }

    /// Reads one line of the file; nil for a line that isn't one.
    package init?(line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard words.count == 4, let identifier = Int32(words[1]), identifier > 1, let start = UInt64(words[2]) else {
            return nil
        }
        self.init(name: String(words[0]), processIdentifier: identifier, startTime: start, boot: String(words[3]))
    }

    /// The record as a line of the file.
    package var line: String { "\(name) \(processIdentifier) \(startTime) \(boot)" }
}

extension ProcessRecord {
    /// Takes the start time out of the text of /proc/PID/stat. The program's name in it may hold spaces and brackets.
    package static func startTime(stat: String) -> UInt64? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // After the name comes field 3; the start time is field 22.
        guard fields.count > 19 else { return nil }
        return UInt64(fields[19])
    }

    /// Whether the process of /proc/PID/stat is a zombie, which holds no resources and can't be killed.
    package static func isZombie(stat: String) -> Bool {
        guard let end = stat.lastIndex(of: ")") else { return false }
        return stat[stat.index(after: end)...].split(separator: " ").first == "Z"
    }
}
