import Foundation
import JSONCoding
import PostgresTestSupport

/// A command that provisions as the test says, and an undo that fails as long as the command does.
struct ProvisioningScript {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("arc-workflow-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.path
        let command = """
            echo start >>\(path)/starts; while [ -e \(path)/held ]; do sleep 0.05; done
            if [ -e \(path)/failing ]; then exit 7; fi; echo '{}'
            """
        let undo = "if [ -e \(path)/failing ]; then exit 8; fi"
        let tiers: JSONValue = [
            "BASIC": [
                "provisioner": "exec", "command": ["/bin/sh", "-c", .string(command)],
                "compensateCommand": ["/bin/sh", "-c", .string(undo)],
            ]
        ]
        try Data(tiers.serialized()).write(to: folder.appendingPathComponent("tiers.json"))
    }

    var settings: [String: String] { ["TIERS_FILE": folder.appendingPathComponent("tiers.json").path] }

    /// The command does not end, until it is released.
    func hold() { set("held", true) }
    func release() { set("held", false) }
    func fail() { set("failing", true) }
    func succeed() { set("failing", false) }

    /// How often the command was started.
    func starts() -> Int {
        let text = (try? String(contentsOf: folder.appendingPathComponent("starts"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count
    }

    func remove() {
        // Commands that were orphaned by a kill end.
        release()
        try? FileManager.default.removeItem(at: folder)
    }

    private func set(_ name: String, _ exists: Bool) {
        let url = folder.appendingPathComponent(name)
        if exists { try? Data().write(to: url) } else { try? FileManager.default.removeItem(at: url) }
    }
}
