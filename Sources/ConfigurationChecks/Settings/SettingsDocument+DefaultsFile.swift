/// `.env.defaults`: every setting with its default, as comments.
extension SettingsDocument {
    private static let width = 120

    /// The text of the file. A line without its `# ` sets what the line says, which changes nothing until the value is changed.
    package var defaultsFile: String {
        var lines = [
            "# All settings with their defaults, made from the program by `make configuration`. Nothing is set here.",
            "#",
            "# A service reads, in this order: its environment, .env.docker, .env.defaults (both in its current folder), the",
            "# defaults of the program. To set something for all that is started in this folder, remove `# ` before the name.",
            "# A value is everything after the first `=`, without quotes and comments; an empty one counts as not set.",
            "# Secrets belong into files that NAME_FILE names, and none of them has a default.",
        ]
        for group in groups {
            lines += ["", "# ---- \(group.name) ----"]
            if let scope = group.scope {
                lines += Self.comment("\(scope.beginning)*: as \(scope.original)*. \(Self.plain(scope.meaning))")
            } else {
                for setting in group.settings { lines += Self.lines(setting.description) }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ setting: SettingDescription) -> [String] {
        var text = "\(plain(setting.meaning)). Value: \(plain(setting.values))"
        if !setting.isLiteral, let unset = setting.unset { text += "; unset: \(plain(unset))" }
        if setting.isRequired { text += "; required" }
        let variable = setting.isSecret ? "\(setting.name)_FILE" : setting.name
        let value = setting.isLiteral ? setting.unset ?? "" : ""
        return [""] + comment(text + ".") + ["# \(variable)=\(value)"]
    }

    /// Without the marks of Markdown.
    private static func plain(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "["), let middle = rest[start...].firstRange(of: "]("),
            let end = rest[middle.upperBound...].firstIndex(of: ")")
        {
            result += rest[..<start] + rest[rest.index(after: start)..<middle.lowerBound]
            rest = rest[rest.index(after: end)...]
        }
        return (result + rest).replacing("`", with: "")
    }

    private static func comment(_ text: String) -> [String] {
        var lines: [String] = []
        var line = "#"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > width, line != "#" {
                lines.append(line)
                line = "#"
            }
            line += " \(word)"
        }
        return lines + [line]
    }
}
