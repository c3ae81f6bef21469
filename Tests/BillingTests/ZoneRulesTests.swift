import Foundation
import Testing

@testable import Billing

/// Time zones of the IANA database, compared with those of Foundation.
@Suite struct ZoneRulesTests {
    private static let folder = "/usr/share/zoneinfo"
    private static let names = [
        "America/Denver", "America/Sao_Paulo", "America/St_Johns", "Europe/Paris", "Europe/London", "Europe/Dublin",
        "Africa/Casablanca", "Asia/Kathmandu", "Asia/Tokyo", "Asia/Tehran", "Australia/Lord_Howe", "Australia/Sydney",
        "Pacific/Apia", "Pacific/Auckland", "America/Nuuk", "Antarctica/Troll", "Etc/GMT+5",
    ]

    private func rules(_ name: String) throws -> ZoneRules {
        let bytes = try Array(Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)")))
        return try #require(ZoneRules(name: name, file: bytes))
    }

    @Test(arguments: names) func `offsets are those of Foundation`(_ name: String) throws {
        let rules = try rules(name)
        let zone = try #require(TimeZone(identifier: name))
        // 1950 to 2099, every 26 days at another time of the day.
        for instant in stride(from: Int64(-631_152_000), through: 4_102_444_800, by: 2_288_437) {
            let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
            #expect(rules.offset(at: instant) == expected, "\(name) at \(instant)")
        }
    }

    @Test(arguments: names) func `a local time and its instant lead back to each other`(_ name: String) throws {
        let rules = try rules(name)
        for number in 0..<1_500 {
            let date = try CalendarDate(daysSince1970: number * 30)
            let second = number * 5_003 % 86_400
            let instant = rules.instant(of: date, second: second)
            let local = try rules.local(at: instant)
            // A time that clocks leave out is as much later as they go forward.
            let difference = date.days(until: local.date) * 86_400 + local.second - second
            #expect(difference == 0 || (1...86_400).contains(difference), "\(name) \(date) \(second)")
        }
    }

    @Test func `times that clocks repeat or leave out`() throws {
        let denver = try rules("America/Denver")
        // 2024-03-10 02:30 is 03:30, and 2024-11-03 01:30 is the first of two.
        #expect(denver.instant(of: try date("2024-03-10"), second: 9_000) == 1_710_063_000)
        #expect(denver.instant(of: try date("2024-11-03"), second: 5_400) == 1_730_619_000)
        let lordHowe = try rules("Australia/Lord_Howe")
        #expect(lordHowe.instant(of: try date("2024-04-08")) - lordHowe.instant(of: try date("2024-04-07")) == 88_200)
    }

    @Test func `other bytes are no time zone`() throws {
        let file = try Array(Data(contentsOf: URL(filePath: "\(Self.folder)/Europe/Paris")))
        for count in [0, 1, 43, 44, 100, file.count - 1] {
            #expect(ZoneRules(name: "x", file: Array(file.prefix(count))) == nil)
        }
        for index in file.indices {
            for change in [UInt8(1), 0x80, 0xFF] {
                var broken = file
                broken[index] ^= change
                _ = ZoneRules(name: "x", file: broken)?.offset(at: 4_000_000_000)
            }
        }
    }
}
