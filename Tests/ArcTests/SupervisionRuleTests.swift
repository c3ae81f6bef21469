import LocalStack
import Testing

@Suite struct SupervisionRuleTests {
    @Test func `back-off doubles up to its cap`() {
        var policy = RestartPolicy()
        let delays = (0..<9).map { _ in policy.delay(afterRunOf: .seconds(1)) }
        #expect(
            delays == [
                .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16), .seconds(30),
                .seconds(30), .seconds(30),
            ])
    }

    @Test func `a healthy run starts the back-off anew`() {
        var policy = RestartPolicy()
        for _ in 0..<5 { _ = policy.delay(afterRunOf: .zero) }
        #expect(policy.delay(afterRunOf: .seconds(60)) == .milliseconds(500))
        #expect(policy.delay(afterRunOf: .seconds(59)) == .seconds(1))
    }

    @Test func `stopping everything one after the other takes less than 10 s`() {
        let plans = [ShutdownPlan.postgres, .redis] + StackService.all.map { _ in ShutdownPlan.service }
        let total = plans.reduce(Duration.zero) { $0 + $1.total }
        #expect(total <= ShutdownPlan.budget)
        #expect(ShutdownPlan.budget < .seconds(10))
    }

    @Test func `unused time goes to the first step`() {
        let plan = ShutdownPlan.postgres.extended(by: .seconds(3))
        #expect(plan.total == ShutdownPlan.postgres.total + .seconds(3))
        #expect(plan.steps.map(\.signal) == [.interrupt, .quit])
        #expect(plan.steps[1] == ShutdownPlan.postgres.steps[1])
        #expect(ShutdownPlan.postgres.extended(by: .seconds(-1)) == .postgres)
    }

    @Test(arguments: [
        (#"{"time":"t","level":"info","message":"\"level\":\"error\""}"#, false),
        (#"{"time":"t","level":"warning","message":"m"}"#, true),
        (#"{"time":"t","level":"error"}"#, true),
        (#"{"level":"critical"}"#, true),
        (#"{"time":"t"}"#, false),
        ("Fatal error: index out of range", true),
        ("", false),
    ])
    func `warnings, errors and crash reports belong on the terminal`(line: String, isAlarming: Bool) {
        #expect(LogLevelFilter.isAlarming(Array(line.utf8)[...]) == isAlarming)
    }

    @Test func `a process record survives its line`() {
        let record = ProcessRecord(name: "redis", processIdentifier: 77, startTime: 12345, boot: "abc-def")
        #expect(ProcessRecord(line: record.line) == record)
        #expect(ProcessRecord(line: "redis 77") == nil)
        #expect(ProcessRecord(line: "redis 1 2 abc") == nil, "process 1 is never ours")
    }

    @Test func `the start time is found behind a program name with spaces and brackets`() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3"
        #expect(ProcessRecord.startTime(stat: stat) == 987_654)
        #expect(!ProcessRecord.isZombie(stat: stat))
        #expect(ProcessRecord.isZombie(stat: "42 (x) Z 1"))
    }
}
