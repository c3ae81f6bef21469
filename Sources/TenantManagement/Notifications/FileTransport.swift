import FoundationEssentials
import NIOPosix

/// Writes each mail as an `.eml` file into a folder: the mail server of development.
struct FileTransport: NotificationTransport {
    let folder: String

    func send(_ mail: Mail, mayLeave: @escaping @Sendable () -> Bool) async throws {
        let text = MessageFormat.rfc5322(mail, from: "arc@localhost")
        let folder = folder
        // File systems block: off the cooperative threads.
        try await NIOThreadPool.singleton.runIfActive {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard mayLeave() else { throw CancellationError() }
            // The mail's id names the file: a repeated attempt replaces it.
            let path = folder + "/\(mail.id).eml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
    }
}
