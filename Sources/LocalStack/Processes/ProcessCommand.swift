/// One program to start: what, with which environment, as whom.
package struct ProcessCommand: Sendable {
    /// Absolute path of the program.
    package var executable: String
    /// Arguments after the program's name. They are visible to every user of the machine: never a secret.
    package var arguments: [String]
    /// The complete environment of the child; nothing is inherited.
    package var environment: [String: String]
    /// Folder to start in; nil is the parent's.
    package var workingDirectory: String?
    /// Bytes offered on standard input, at most `ProcessReactor.maximumInput`; empty closes it.
    package var input: [UInt8]
    /// The account to run as; nil is the parent's own.
    package var account: ServerAccount?
    /// Signal the kernel sends when the parent dies, whatever it dies of.
    package var parentDeathSignal: ProcessSignal

    /// Describes a program to start.
    package init(
        executable: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        workingDirectory: String? = nil,
        input: [UInt8] = [],
        account: ServerAccount? = nil,
        parentDeathSignal: ProcessSignal = .kill
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
        self.account = account
        self.parentDeathSignal = parentDeathSignal
    }
}

/// The signals that are sent to children.
package enum ProcessSignal: Sendable, Hashable {
    /// SIGINT: PostgreSQL's fast shutdown.
    case interrupt
    /// SIGTERM: the polite end.
    case terminate
    /// SIGQUIT: PostgreSQL's immediate shutdown, recovered from at the next start.
    case quit
    /// SIGKILL.
    case kill
}

/// Which of a child's two outputs a line came from.
package enum ProcessOutput: Sendable, Hashable {
    /// Descriptor 1.
    case standardOutput
    /// Descriptor 2.
    case standardError
}
