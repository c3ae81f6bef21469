import FoundationEssentials

/// The `.env` files that settings are read from. Variables of the first one win.
package enum EnvironmentFiles {
    static let names = [".env.docker", ".env.defaults"]

    /// The variables of each file, in the files' order; none of a file that does not exist.
    /// - Parameter folder: Where the files are looked for.
    package static func variables(in folder: String = ".") -> [(file: String, names: [String])] {
        names.map { name in
            (name, variables(of: name, in: folder))
        }
    }

    /// The variables of one of the files.
    static func variables(of file: String, in folder: String) -> [String] {
        let content = (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))) ?? Data()
        return variables(of: String(decoding: content, as: UTF8.self))
    }

    /// As the reader of these files understands them: lines of the form `NAME=value`, with comments between them.
    private static func variables(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let end = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = line[..<end].filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            guard let first = name.first, first != UInt8(ascii: "#") else { return nil }
            return String(decoding: name, as: UTF8.self)
        }
    }
}
