import Foundation
import TestSupport

/// An overlay of deploy/kubernetes, as `kubectl kustomize` renders it.
struct KubernetesManifests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../deploy/kubernetes").standardized

    /// What `kubernetes_check.py` says about manifests.
    struct Report: Decodable {
        let problems: [String]
        let kinds: Set<String>
        let connections: Set<String>
        let secrets: [String: Set<String>]
        let variables: [String: [String: String]]
    }

    /// YAML documents.
    let text: String

    /// What is applied first, and the services.
    init(overlay: String) async throws {
        var texts: [String] = []
        for path in ["overlays/\(overlay)/prepare", "overlays/\(overlay)"] {
            let path = Self.folder.appendingPathComponent(path).path
            texts.append(try await TestCommand.run([try PythonPeer.program("kubectl"), "kustomize", path]))
        }
        text = texts.joined(separator: "\n---\n")
    }

    private init(text: String) { self.text = text }

    /// The same with another text in all places.
    func replacing(_ text: String, with other: String) -> KubernetesManifests {
        KubernetesManifests(text: self.text.replacing(text, with: other))
    }

    func report() async throws -> Report {
        let file = TestCommand.temporaryFile("manifests.yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        let output = try await PythonPeer.run("kubernetes_check.py", [file.path])
        return try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    }
}
