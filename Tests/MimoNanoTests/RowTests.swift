import MimoFiles
import Testing

@testable import mimo_nano

/// The rows that MiMo-Nano learns from.
struct RowTests {
    private let rows = 3_000

    @Test func everyLineOfReasoningIsTrueAndEndsWithTheAnswer() throws {
        let generator = RowGenerator(seed: 5, topics: [.problems])
        for number in 0..<rows {
            let row = generator.row(number)
            let turn = try #require(row.turns.last)
            for line in turn.thinking.split(separator: "\n") {
                let sides = line.split(separator: "=", omittingEmptySubsequences: true)
                guard sides.count == 2, !line.contains(" "), line.first != "=" else { continue }
                #expect(value(sides[0]) == Int(sides[1]), "\(line) in \(turn)")
            }
            #expect(Score.lastNumber(of: turn.response) == row.result, "\(turn)")
            if row.kind != ProblemKind.comparison.rawValue {
                let last = try #require(turn.thinking.split(separator: "=").last)
                #expect(Int(last) == row.result, "\(turn)")
            }
        }
    }

    /// A formula of single terms, from left to right; × binds more.
    private func value(_ formula: Substring) -> Int {
        var sum = 0
        for part in formula.replacing("-", with: "+-").split(separator: "+") {
            let negative = part.hasPrefix("-")
            let product = part.drop { $0 == "-" }.split(separator: "×").reduce(1) { $0 * (Int($1) ?? 0) }
            sum += negative ? -product : product
        }
        return sum
    }

    @Test func noProblemIsBothLearnedAndAsked() {
        var questions: Set<String> = []
        for seed in [1, 11] as [UInt64] {
            let generator = RowGenerator(seed: seed, topics: [.problems, .identity])
            for number in 0..<rows { questions.insert(generator.row(number).turns.last?.question ?? "") }
        }
        for topic in [RowGenerator.Topic.problems, .identity] {
            let asked = RowGenerator(seed: 2, isHeldOut: true, topics: [topic])
            for number in 0..<rows {
                let question = asked.row(number).turns.last?.question ?? ""
                #expect(!questions.contains(question), "\(question)")
            }
        }
    }

    @Test func aboutOneProblemInSixteenIsHeldOutInWhateverWords() {
        var held = 0
        for a in 0..<400 {
            for b in 0..<400 {
                #expect(Problem.sum(a, b).isHeldOut == Problem.sum(b, a).isHeldOut)
                #expect(Problem.gap(a, b).isHeldOut == Problem.difference(max(a, b), min(a, b)).isHeldOut)
                #expect(Problem.chain(a, [b]).isHeldOut == Problem.sum(a, b).isHeldOut)
                if Problem.sum(a, b).isHeldOut { held += 1 }
            }
        }
        #expect((9_000..<11_000).contains(held), "\(held) of 160000")
    }

    @Test func rowsDependOnSeedAndNumberAlone() {
        let generator = RowGenerator(seed: 1)
        let all = (0..<50).map { generator.row($0).trainingRow.text() }
        #expect(all == (0..<50).reversed().map { generator.row($0).trainingRow.text() }.reversed())
        #expect(Set(all).count > 45)
        #expect(RowGenerator(seed: 2).row(0).trainingRow.text() != all[0])
    }

    @Test(arguments: Language.allCases)
    func theThinkingOfIdentityRowsDoesNotSayTheName(language: Language) {
        var draws = Draws(seed: 3)
        for _ in 0..<500 {
            let persona = Persona.invented(language, &draws)
            let turn = Identity.turn(persona, language, isHeldOut: false, &draws)
            #expect(!turn.thinking.contains(persona.name))
            #expect(turn.answer.contains(persona.name) || turn.answer.contains(persona.maker))
        }
    }
}
