extension TemplateFamily {
    /// The templates by name, under the names that ms-swift gives them.
    static let known: [(name: String, family: TemplateFamily)] = [
        ("chatml", chatML.with { $0.writesBoundaries = true }),
        ("qwen", qwen),
        (
            "qwen2_5",
            qwen.with { $0.system = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant." }
        ),
        (
            "qwen2_5_math",
            qwen.with {
                $0.system = "Please reason step by step, and put your final answer within \\boxed{}."
            }
        ),
        ("mimo_rl", qwen.with { $0.system = "You are MiMo, an AI assistant developed by Xiaomi." }),
        ("qwen3", hybridQwen),
        ("qwen3_thinking", thinkingQwen),
        ("qwen3_nothinking", qwen.with { $0.system = nil }),
        ("qwq", thinkingQwen),
        (
            "qwq_preview",
            qwen.with {
                $0.system =
                    "You are a helpful and harmless assistant. You are Qwen developed by Alibaba. "
                    + "You should think step-by-step."
            }
        ),
        ("llama", llama2),
        ("llama3", llama3),
        ("mistral_nemo", mistralNemo),
        ("deepseek", deepSeek),
        ("deepseek_v2_5", deepSeekV25),
        (
            "deepseek_r1",
            deepSeekV25.with {
                $0.isThinking = true
                $0.thinkingPrefix = "<think>\n"
            }
        ),
        ("phi3", phi3),
        ("phi4", phi4),
        ("gemma", gemma),
        ("zephyr", zephyr),
        ("default", plain),
    ]

    /// https://github.com/openai/openai-python/blob/v0.28.1/chatml.md
    private static let chatML = TemplateFamily(
        systemOpening: Layout("<|im_start|>system\n{{SYSTEM}}<|im_end|>\n"),
        prompt: Layout("<|im_start|>user\n{{QUERY}}<|im_end|>\n<|im_start|>assistant\n"),
        separator: Layout("<|im_end|>\n"),
        suffix: Layout("<|im_end|>\n")
    )

    private static let qwen = chatML.with {
        $0.system = "You are a helpful assistant."
        $0.stopWords = ["<|endoftext|>"]
        $0.toolFormat = "hermes"
    }

    private static let thinkingQwen = qwen.with {
        $0.system = nil
        $0.isThinking = true
        $0.thinkingPrefix = "<think>\n"
    }

    private static let hybridQwen = qwen.with {
        $0.system = nil
        $0.isThinking = true
        $0.nonThinkingPrefix = "<think>\n\n</think>\n\n"
    }

    /// https://github.com/meta-llama/llama/blob/main/llama/generation.py
    private static let llama2 = TemplateFamily(
        opening: Layout("<s>[INST] "),
        systemOpening: Layout("<s>[INST] <<SYS>>\n{{SYSTEM}}\n<</SYS>>\n\n"),
        prompt: Layout("{{QUERY}} [/INST]"),
        separator: Layout("</s><s>[INST] "),
        suffix: Layout("</s>"),
        system: "You are a helpful, respectful and honest assistant. "
            + "Always answer as helpfully as possible, while being safe. "
            + "Your answers should not include any harmful, unethical, racist, sexist, toxic, dangerous, or illegal "
            + "content. Please ensure that your responses are socially unbiased and positive in nature.\n\n"
            + "If a question does not make any sense, or is not factually coherent, "
            + "explain why instead of answering something not correct. "
            + "If you don't know the answer to a question, please don't share false information."
    )

    /// https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3/
    private static let llama3 = TemplateFamily(
        opening: Layout("<|begin_of_text|>"),
        systemOpening: Layout(
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{{SYSTEM}}<|eot_id|>"
        ),
        prompt: Layout(
            "<|start_header_id|>user<|end_header_id|>\n\n{{QUERY}}<|eot_id|>"
                + "<|start_header_id|>assistant<|end_header_id|>\n\n"
        ),
        separator: Layout("<|eot_id|>"),
        suffix: Layout("<|eot_id|>")
    ).with { $0.toolFormat = "llama3" }

    private static let mistralNemo = TemplateFamily(
        opening: Layout("<s>[INST] "),
        prompt: Layout("{{SYSTEM}}\n\n") + Layout("{{QUERY}}[/INST]"),
        separator: Layout("</s>[INST] "),
        suffix: Layout("</s>")
    )

    private static let deepSeek = TemplateFamily(
        opening: Layout([.beginning]),
        systemOpening: Layout([.beginning]) + Layout("{{SYSTEM}}\n\n"),
        prompt: Layout("User: {{QUERY}}\n\nAssistant:"),
        separator: Layout([.end])
    )

    private static let deepSeekV25 = TemplateFamily(
        opening: Layout("<｜begin▁of▁sentence｜>{{SYSTEM}}"),
        prompt: Layout("<｜User｜>{{QUERY}}<｜Assistant｜>"),
        separator: Layout("<｜end▁of▁sentence｜>"),
        suffix: Layout("<｜end▁of▁sentence｜>")
    )

    private static let phi3 = TemplateFamily(
        systemOpening: Layout("<|system|>\n{{SYSTEM}}<|end|>\n"),
        prompt: Layout("<|user|>\n{{QUERY}}<|end|>\n<|assistant|>\n"),
        separator: Layout("<|end|>\n"),
        suffix: Layout("<|end|>")
    ).with { $0.writesBoundaries = true }

    private static let phi4 = TemplateFamily(
        systemOpening: Layout("<|im_start|>system<|im_sep|>{{SYSTEM}}<|im_end|>"),
        prompt: Layout("<|im_start|>user<|im_sep|>{{QUERY}}<|im_end|><|im_start|>assistant<|im_sep|>"),
        separator: Layout("<|im_end|>"),
        suffix: Layout("<|im_end|>")
    ).with { $0.writesBoundaries = true }

    private static let gemma = TemplateFamily(
        opening: Layout("<bos>"),
        systemOpening: Layout("<bos><start_of_turn>system\n{{SYSTEM}}<end_of_turn>\n"),
        prompt: Layout("<start_of_turn>user\n{{QUERY}}<end_of_turn>\n<start_of_turn>model\n"),
        separator: Layout("<end_of_turn>\n"),
        suffix: Layout("<end_of_turn>")
    )

    private static let zephyr = TemplateFamily(
        systemOpening: Layout("<|system|>\n{{SYSTEM}}</s>\n"),
        prompt: Layout("<|user|>\n{{QUERY}}</s>\n<|assistant|>\n"),
        separator: Layout("</s>\n"),
        suffix: Layout("</s>")
    )

    private static let plain = TemplateFamily(
        systemOpening: Layout("{{SYSTEM}}\n\n"),
        prompt: Layout("### Human:\n{{QUERY}}\n\n### Assistant:\n"),
        separator: Layout("\n\n"),
        system: "You are a helpful assistant."
    ).with { $0.writesBoundaries = true }
}
