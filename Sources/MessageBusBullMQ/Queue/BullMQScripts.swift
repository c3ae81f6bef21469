import RedisClient

/// The Lua scripts: each is one atomic step on a queue. They are this project's own; BullMQ's change with every release.
enum BullMQScripts {
    static let add = script(PackageResources.add_lua)
    static let claim = script(PackageResources.claim_lua)
    static let extend = script(PackageResources.extend_lua)
    static let settle = script(PackageResources.settle_lua)
    static let giveBack = script(PackageResources.give_back_lua)
    static let recover = script(PackageResources.recover_lua)
    static let pause = script(PackageResources.pause_lua)
    static let retry = script(PackageResources.retry_lua)
    static let remove = script(PackageResources.remove_lua)
    static let backlog = script(PackageResources.backlog_lua)

    static let publish = busScript(PackageResources.publish_lua)
    static let register = busScript(PackageResources.register_lua)
    static let remember = busScript(PackageResources.remember_lua)
    static let remembered = busScript(PackageResources.remembered_lua)

    private static func script(_ source: [UInt8]) -> RedisScript {
        RedisScript(
            String(decoding: PackageResources.library_lua + PackageResources.finishing_lua + source, as: UTF8.self))
    }

    private static func busScript(_ source: [UInt8]) -> RedisScript { script(PackageResources.bus_lua + source) }
}
