import Testing

@testable import MimoTrain

@Suite struct ThinkingAnswerTests {
    @Test(
        "An answer is taken apart at its think block",
        arguments: [
            ("<think>\na\n</think>\n\nb", "\na\n", true, false, "\n\nb"),
            ("<think>\n\n</think>\n\nb", "\n\n", true, true, "\n\nb"),
            ("  <think></think>b", "", true, true, "b"),
            ("<think>on and on", "on and on", false, false, ""),
            ("b", nil, false, false, "b"), ("b <think>a</think>", nil, false, false, "b <think>a</think>"),
            ("", nil, false, false, ""),
        ] as [(String, String?, Bool, Bool, String)]
    )
    func parts(text: String, thinking: String?, isClosed: Bool, isEmpty: Bool, answer: String) {
        let parts = ThinkingAnswer(text)
        #expect(parts.thinking == thinking)
        #expect(parts.isClosed == isClosed)
        #expect(parts.isEmpty == isEmpty)
        #expect(parts.answer == answer)
    }
}

@Suite struct ExpectedAnswerTests {
    @Test(
        "An answer counts where it says what was expected",
        arguments: [
            ("15", "7 + 8 = 15.", true), ("15", "15 - 8 = 7", false), ("1234.5", "It is 1,234.50", true),
            ("7", "It is 77", false), ("-3", "x = -3", true), ("3", "x = -3", false),
            ("3", "Of 4, 1-3 stay", true), ("85", "so \\boxed{85}, not 86", true),
            ("85", "85, so \\boxed{86}", false), ("72", "48 + 24\n#### 72", true),
            ("#### 72", "The answer is 72", true), ("Paris", "It is paris, of course.", true),
            ("Paris", "It is Parish", false), ("New York", "in NEW\n york!", true), ("杭州", "省会是杭州。", true),
            ("杭州", "广州", false), ("yes", "", false), ("", "", false),
        ]
    )
    func matches(expected: String, text: String, isRight: Bool) {
        #expect(ExpectedAnswer(expected).matches(text) == isRight)
    }
}

@Suite struct RetentionCountTests {
    private func count(_ texts: [String], right: [Bool?]) -> Evaluation {
        var count = RetentionCount()
        for (text, isRight) in zip(texts, right) {
            let parts = ThinkingAnswer(text)
            count.add(parts, tokens: parts.thinking?.count ?? 0, isRight: isRight)
        }
        var evaluation = Evaluation()
        evaluation.metrics = count.metrics
        return evaluation
    }

    @Test("Rates are shares of all answers, accuracy of those that can be judged")
    func rates() {
        let found = count(
            ["<think>abcd</think>x", "<think></think>x", "<think>ab", "x"],
            right: [true, false, nil, nil]
        )
        #expect(found["retention_closed_think"] == 0.5)
        #expect(found["retention_empty_think"] == 0.25)
        #expect(found["retention_think_tokens"] == 1.5)
        #expect(found["retention_accuracy"] == 0.5)
        #expect(count(["x"], right: [nil])["retention_accuracy"] == nil)
    }

    @Test("An alarm names what became worse by more than is tolerated, and nothing else")
    func alarms() {
        let good = count(
            Array(repeating: "<think>abcd</think>x", count: 10),
            right: Array(repeating: true, count: 10)
        )
        let nine = Array(repeating: "<think>abcd</think>x", count: 9)
        let oneWorse = count(nine + ["x"], right: Array(repeating: true, count: 9) + [false])
        #expect(RetentionCount.alarms(oneWorse, base: good, tolerance: 0.1).isEmpty)
        #expect(
            RetentionCount.alarms(oneWorse, base: good, tolerance: 0.05) == [
                "closed think blocks fell from 100 % to 90 % of the answers",
                "right answers fell from 100 % to 90 %",
            ]
        )
        let empty = count(
            Array(repeating: "<think></think>x", count: 10),
            right: Array(repeating: true, count: 10)
        )
        #expect(
            RetentionCount.alarms(empty, base: good, tolerance: 0.1) == [
                "empty think blocks rose from 0 % to 100 % of the answers",
                "thinking shrank from 4 to 0 tokens on average",
            ]
        )
        #expect(RetentionCount.alarms(good, base: empty, tolerance: 0.1).isEmpty)
    }
}
