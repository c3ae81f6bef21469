#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// How documents are drawn.
package struct PDFRendererConfiguration: Sendable, Hashable {
    /// Path of `arc-pdf`.
    package var executable: String
    /// All of its environment. Never holds a secret: the program reads text that strangers have written.
    package var environment: [String: String]
    /// Processes at most. One that hangs holds up the others' documents until its deadline only if all of them hang.
    package var processes = 2
    /// Documents that may wait.
    package var queueLimit = 32
    /// How long a process may take to start; the first start on a machine may have to read all fonts.
    package var startTimeout = Duration.seconds(20)
    /// How long one document may take.
    package var documentTimeout = Duration.seconds(10)
    /// How long a document may wait for its turn.
    package var waitingTimeout = Duration.seconds(20)
    /// An idle process ends after this time and gives its memory back.
    package var idleTime = Duration.seconds(300)
    /// A process ends after this many documents, so that no leak of a library lasts.
    package var documentsPerProcess = 500

    /// - Parameters:
    ///   - executable: Path of `arc-pdf`.
    ///   - environment: The service's environment; only the variables of fontconfig are handed on.
    package init(executable: String, environment: [String: String] = [:]) {
        self.executable = executable
        self.environment = environment.filter { ["FONTCONFIG_FILE", "FONTCONFIG_PATH"].contains($0.key) }
        self.environment["LC_ALL"] = "C.UTF-8"
        self.environment["G_MESSAGES_DEBUG"] = ""
    }

    /// Where `arc-pdf` is expected when no setting names it: beside the running program.
    package static func defaultExecutable() -> String {
        var folder = "."
        if let slash = CommandLine.arguments.first?.lastIndex(of: "/") {
            folder = String(CommandLine.arguments[0][..<slash])
        }
        #if os(Linux)
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let slash = path.lastIndex(of: "/") { folder = String(path[..<slash]) }
        #endif
        return "\(folder)/arc-pdf"
    }

    /// Whether the program can be executed.
    package var isExecutable: Bool {
        var status = stat()
        return stat(executable, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(executable, X_OK) == 0
    }
}
