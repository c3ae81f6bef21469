import FoundationEssentials
import NIOCore

/// The files of Swagger UI, read once from the folder into which `make deps` unpacked its package.
package struct ExplorerAssets: Sendable {
    /// A file ready to be sent.
    struct File: Sendable {
        let content: ByteBuffer
        let mediaType: String
    }

    private let files: [String: File]

    /// The files the page needs, with their media types. Nothing else of the folder is ever served.
    private static let wanted = [
        "swagger-ui.css": "text/css; charset=utf-8",
        "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
        "swagger-ui-standalone-preset.js": "text/javascript; charset=utf-8",
        "favicon-32x32.png": "image/png",
    ]

    /// Reads the folder; nil when Swagger UI is not there.
    package init?(folder: String?) {
        guard let folder else { return nil }
        var files: [String: File] = [:]
        for (name, mediaType) in Self.wanted {
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)) else { continue }
            files[name] = File(content: ByteBuffer(bytes: data), mediaType: mediaType)
        }
        guard files["swagger-ui-bundle.js"] != nil, files["swagger-ui.css"] != nil else { return nil }
        files["initializer.js"] = File(
            content: ByteBuffer(string: ExplorerPage.initializer), mediaType: "text/javascript; charset=utf-8")
        self.files = files
    }

    func file(_ name: String) -> File? { files[name] }
}
