import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

/// The reference's samples: what `template.encode` of ms-swift 4.6 makes of a row in training.
@Suite struct ChatGoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let json: JSON
        var testDescription: String { json["name"]?.stringValue ?? "?" }
    }

    static let isPresent = Golden.has("chat/encode.jsonl")

    static let cases: [Case] = {
        guard let text = try? String(contentsOfFile: Golden.path("chat/encode.jsonl"), encoding: .utf8) else {
            return []
        }
        return text.split(separator: "\n").compactMap { line in
            (try? JSON(parsing: String(line))).map(Case.init)
        }
    }()

    static let tokenizers: [String: Tokenizer] = [
        "mimo": "models/mimo-tokenizer", "smollm2": "models/SmolLM2-135M-Instruct",
    ].compactMapValues { try? Tokenizer(directory: Golden.shared($0)) }

    @Test(.enabled(if: isPresent, "needs ../shared")) func everyCaseIsThere() {
        #expect(Self.cases.count == 328)
    }

    @Test(.enabled(if: isPresent, "needs ../shared"), arguments: cases)
    func aRowBecomesTheReferencesSamples(_ golden: Case) throws {
        let samples: [Sample]
        do {
            samples = try Self.encoder(golden.json).samples(of: try #require(golden.json["row"]))
        } catch {
            #expect(golden.json["error"] != nil, "refused: \(error)")
            return
        }
        guard let expected = golden.json["expected"] else {
            Issue.record("the reference refuses this row: \(golden.json["error"]?.stringValue ?? "")")
            return
        }
        let parts = expected.arrayValue ?? [expected]
        #expect(samples.count == parts.count)
        for (sample, part) in zip(samples, parts) {
            #expect(sample.ids.map(Int.init) == Self.integers(part["input_ids"]))
            #expect(sample.labels.map(Int.init) == Self.integers(part["labels"]))
            #expect(
                sample.lossScale
                    == part["loss_scale"]?.arrayValue?.compactMap { $0.doubleValue.map(Float.init) }
            )
        }
    }

    static func integers(_ value: JSON?) -> [Int]? { value?.arrayValue?.compactMap(\.intValue) }

    static func encoder(_ json: JSON) throws -> RowEncoder {
        let tokenizer = try #require(Self.tokenizers[json["tokenizer"]?.stringValue ?? ""])
        let given = json["options"]
        let template = try RoundTemplate(
            named: try #require(json["template"]?.stringValue),
            tokens: BoundaryTokens(tokenizer),
            system: json["system"]?.stringValue,
            toolFormat: given?["agent_template"]?.stringValue,
            options: ThinkingOptions(
                isEnabled: given?["enable_thinking"]?.boolValue,
                preservesHistory: given?["preserve_thinking"]?.boolValue,
                responsePrefix: given?["response_prefix"]?.stringValue,
                marksNonThinking: given?["add_non_thinking_prefix"]?.boolValue ?? true
            )
        )
        var options = RowEncoder.Options()
        options.maxLength = json["max_length"]?.intValue
        let strategy = try #require(json["truncation_strategy"]?.stringValue)
        options.truncation = try #require(Truncation(rawValue: strategy))
        options.isBinaryLossScale = json["is_binary_loss_scale"]?.boolValue
        return try RowEncoder(
            tokenizer: tokenizer,
            template: template,
            lossScale: LossScale(try #require(json["loss_scale"]?.stringValue)),
            options: options
        )
    }
}
