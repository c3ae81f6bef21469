import Testing

@testable import Entities

/// Which regular expressions callers may use.
@Suite struct PatternCostTests {
    @Test(arguments: [
        "", "^Acme", "acme$", "a+b*c?", "[a-z]{2,5}", "^[A-Z][a-z]+ (Ltd|Inc)$", "(?:foo|bar)?", "(abc)+", "(ab){3}",
        #"\d+\.\d+"#, #"\\1"#, #"\(a+\)+"#, "[(a+)+]", "[]()a+]+", "[^]*+]+", "[[:alpha:]+]+", "[[.(.]a]+", #"[\]a+]+"#,
        #"[\c]a+]+"#, #"\c(a+"#, "a{x", "a{,3}", "(?=a)b", "(?<!x)y", "a|b|c", "(a|b)c", "(a+)?", "((a|b)){0,1}", "é+",
        "a+?", "a{255}b{255}",
    ])
    func `ordinary patterns are accepted`(pattern: String) {
        #expect(PatternCost.problem(of: pattern) == nil)
    }

    @Test(arguments: [
        "(a+)+", "(a*)*", "(a+)*", "(a?)+", "(a|a)*", "(a|aa)+", "(?:a+)+", "((a+)b)+", "((a)+)+", "(a+){2}",
        "(a{1,9}){1,9}", "(a{3}){5}", "(a+)+?", "(a+){2,}", "(x(a|b))*", "(((a+)))*", "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(?=a+)+", #"(\(a+\))+"#, "([)]a+)+", #"(a+\c))+"#, "(.*a){12}", "x(y(z+)?)*", #"(\d+)*"#, "([[:alpha:]]+)+",
        "(|a)+",
    ])
    func `a repetition of a group with a repetition or alternatives is refused`(pattern: String) {
        #expect(PatternCost.problem(of: pattern) == .nestedRepetition)
    }

    @Test(arguments: [#"(a)\1"#, #"^(.+)(.+)(.+)(.+)\1\2\3\4$"#, #"(a)\\\1"#, #"(.)\10"#, #"[\1]"#, #"(?:(x))\9"#])
    func `a back-reference is refused`(pattern: String) {
        #expect(PatternCost.problem(of: pattern) == .backReference)
    }

    @Test(
        arguments: [
            "(?i)a", "(?x)(a+) +", "***=a", "***:(a+)+", "***", "(a+)(?#c)+", "a(?#)b", "(?", "(?P<x>a)", "(?<x>a)",
        ])
    func `options, comments and directors are refused`(pattern: String) {
        #expect(PatternCost.problem(of: pattern) == .option)
    }

    @Test(arguments: ["a{255}b{255}c{255}d{255}", "a{1001}", "a{1,99999999999999999999}", "a{99999999999999999999,}"])
    func `long repetitions are refused`(pattern: String) {
        #expect(PatternCost.problem(of: pattern) == .longRepetition)
    }

    /// Whatever it is, reading it ends.
    @Test func `every short text of special characters can be read`() {
        let alphabet = Array(#"\[](){}|*+?^:.=a1,c"#)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...12, using: &generator)
            let characters = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" }
            _ = PatternCost.problem(of: String(characters))
        }
    }
}
