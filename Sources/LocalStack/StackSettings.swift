package import ConfigurationChecks

/// What `arc up` and the other commands read beside the settings of the services.
package enum StackSettings {
    static let home = Setting.text(
        "ARC_HOME", default: ".arc", values: "path of a folder",
        "Folder with data, logs and generated secrets. Only the environment sets it, no file")
    private static let ports: [any DescribedSetting] = StackService.all.map { service in
        Setting.integer(
            service.portVariable, default: Int(service.defaultPort), in: 1...65_535,
            "Port of \(service.name), in place of `PORT`. Only the environment sets it, no file")
    }
    package static let token = Setting.secret(
        "ARC_TOKEN", unset: "a token that is signed with `JWT_SECRET`",
        "Token or API key with which commands call tenant management")
    private static let all: [any DescribedSetting] = [home] + ports + [token]

    package static let configurationKeys = ConfigurationKeys("arc up", all)
}
