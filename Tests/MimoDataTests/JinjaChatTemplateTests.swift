import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

/// Training and generation with a checkpoint's own template.
@Suite(.enabled(if: ChatGoldenTests.isPresent, "needs ../shared"))
struct JinjaChatTemplateTests {
    static func source(_ name: String) throws -> String {
        try String(contentsOfFile: Golden.path("jinja/\(name).jinja"), encoding: .utf8)
    }

    static func encoder(_ source: String, _ lossScale: String = "default", tokenizer: String = "mimo") throws -> RowEncoder {
        let tokenizer = try #require(ChatGoldenTests.tokenizers[tokenizer])
        var options = RowEncoder.Options()
        options.tokenization = .offsets
        options.parsesSpecialInContent = false
        return try RowEncoder(
            tokenizer: tokenizer,
            template: JinjaChatTemplate(source, name: "test", tokenizer: tokenizer),
            lossScale: LossScale(lossScale),
            options: options
        )
    }

    static func learned(_ encoder: RowEncoder, _ conversation: Conversation) throws -> String {
        let tokens = try encoder.weighedTokens(of: conversation)
        return encoder.tokenizer.decode(zip(tokens.ids, tokens.labels).filter { $0.1 >= 0 }.map { $0.0 })
    }

    let chat = Conversation([
        Message(.system, "S"), Message(.user, "one"), Message(.assistant, "1st"), Message(.user, "two"),
        Message(.assistant, "2nd"),
    ])

    @Test func aChatMLTemplateGivesTheBuiltInTemplatesSamples() throws {
        let own = try Self.encoder(Self.source("mimo_style"))
        for seed in 0..<60 {
            var conversation = TokenizationTests.conversation(seed)
            if conversation.messages[0].role != .system { conversation.messages.insert(Message(.system, "S"), at: 0) }
            // The two differ where there is no system prompt, and where an answer brings its end itself.
            guard conversation.messages[0].content?.isEmpty == false,
                !["<|im_end|>", "<|endoftext|>"].contains(where: { conversation.messages.last?.content?.hasSuffix($0) ?? true })
            else { continue }
            let expected = try TokenizationTests.encoder("mimo", "mimo_rl").weighedTokens(of: conversation)
            let tokens = try own.weighedTokens(of: conversation)
            #expect(tokens.ids == expected.ids, "seed \(seed)")
            #expect(tokens.labels == expected.labels, "seed \(seed)")
            #expect(tokens.answerStarts == expected.answerStarts, "seed \(seed)")
        }
    }

    @Test func theAnswerIsFoundByRendering() throws {
        let encoder = try Self.encoder(Self.source("smollm2"), tokenizer: "smollm2")
        #expect(try Self.learned(encoder, chat) == "1st<|im_end|>\n2nd<|im_end|>\n")
        #expect(try Self.learned(Self.encoder(Self.source("smollm2"), "last_round"), chat) == "2nd<|im_end|>\n")
    }

    @Test func theAnswerIsWhatTheTemplateMarks() throws {
        let encoder = try Self.encoder(Self.source("trl_qwen2_5_training"))
        #expect(try Self.learned(encoder, chat) == "1st<|im_end|>2nd<|im_end|>")
    }

    @Test func aMessagesOwnLossCounts() throws {
        var conversation = chat
        conversation.messages[2].loss = false
        #expect(try Self.learned(Self.encoder(Self.source("mimo_style")), conversation) == "2nd<|im_end|>\n")
    }

    @Test func thePromptIsWhatTheTemplateRenders() throws {
        let encoder = try Self.encoder(Self.source("mimo_style"))
        let prompt = try encoder.prompt(for: Conversation(Array(chat.messages.dropLast())))
        #expect(
            encoder.tokenizer.decode(prompt)
                == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\none<|im_end|>\n<|im_start|>assistant\n1st<|im_end|>\n"
                + "<|im_start|>user\ntwo<|im_end|>\n<|im_start|>assistant\n"
        )
    }

    @Test func aTemplateThatRewritesItsHistoryLearnsOnlyTheLastAnswer() throws {
        let thinking = Conversation([
            Message(.user, "one"), Message(.assistant, "<think>\nhm\n</think>\n\n1st"), Message(.user, "two"),
            Message(.assistant, "<think>\nso\n</think>\n\n2nd"),
        ])
        #expect(throws: ChatTemplateError.self) { try Self.learned(Self.encoder(Self.source("trl_qwen3")), thinking) }
        let last = try Self.learned(Self.encoder(Self.source("trl_qwen3"), "last_round"), thinking)
        #expect(last == "<think>\nso\n</think>\n\n2nd<|im_end|>\n")
    }

    @Test func whatThePromptSuppliesIsNotLearned() throws {
        let source = """
            {% for m in messages %}<|im_start|>{{ m.role }}
            {{ m.content }}<|im_end|>
            {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
            <think>
            {% endif %}
            """
        let encoder = try Self.encoder(source)
        let answer = { (text: String) in Conversation([Message(.user, "q"), Message(.assistant, text)]) }
        #expect(try Self.learned(encoder, answer("<think>\n\n</think>\n\nA")) == "\n</think>\n\nA<|im_end|>\n")
        #expect(try Self.learned(encoder, answer("A")) == "A<|im_end|>\n")
    }

    @Test func callsAndResultsGoThroughTheTemplate() throws {
        let row = try JSON(
            parsing: #"""
                {"messages": [{"role": "user", "content": "q"},
                {"role": "tool_call", "content": "{\"name\": \"add\", \"arguments\": {\"a\": 1}}"},
                {"role": "tool_response", "content": "3"}, {"role": "assistant", "content": "three"}],
                "tools": [{"name": "add", "description": "Adds.", "parameters": {}}]}
                """#
        )
        let encoder = try Self.encoder(Self.source("mimo_style"))
        let call = "\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call><|im_end|>\n"
        let learned = try Self.learned(encoder, Conversation(row: row))
        #expect(learned.hasSuffix("three<|im_end|>\n"))
        #expect(learned.contains(call.dropFirst()))
    }

    @Test func theCheckpointsOwnTemplateIsChosenWhereNoneIsKnown() throws {
        let smollm2 = try #require(ChatGoldenTests.tokenizers["smollm2"])
        let directory = Golden.shared("models/SmolLM2-135M-Instruct")
        let own = try TemplateChoice().template(directory: directory, tokenizer: smollm2)
        #expect(own.name == "the chat_template of SmolLM2-135M-Instruct")
        #expect(try TemplateChoice(name: "chatml").template(directory: directory, tokenizer: smollm2).name == "chatml")
        #expect(throws: ChatTemplateError.noTemplate(model: "/nowhere")) {
            try TemplateChoice().template(directory: "/nowhere", tokenizer: smollm2)
        }
    }

    @Test(
        arguments: [
            ("XiaomiMiMo/MiMo-7B-RL-0530", "mimo", "mimo_rl"), ("XiaomiMiMo/MiMo-7B-RL", "mimo", "qwen"),
            ("/models/tiny", "mimo", "qwen"), ("Qwen/Qwen2.5-7B-Instruct", "qwen2", "qwen2_5"),
            ("Qwen/Qwen3-8B", "qwen3", "qwen3"), ("Qwen/Qwen3-4B-Thinking-2507", "qwen3", "qwen3_thinking"),
            ("Qwen/Qwen3-4B-Instruct-2507", "qwen3", "qwen3_nothinking"), ("Qwen/QwQ-32B", "qwen2", "qwq"),
            ("meta-llama/Meta-Llama-3-8B-Instruct", "llama", "llama3"),
            ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "qwen2", "deepseek_r1"),
            ("meta-llama/Llama-3.2-1B-Instruct", "llama", nil), ("some/model", "llama", nil),
        ] as [(String, String, String?)]
    )
    func modelsHaveTheTemplatesTheyWereTrainedWith(model: String, type: String, template: String?) {
        #expect(RoundTemplate.name(forModel: model, modelType: type) == template)
    }
}
