import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

/// Bits by transformers 5.23 (`ROPE_INIT_FUNCTIONS`), checked there against the papers' formulas in double
/// precision.
@Suite struct RotaryFrequenciesTests {
    @Test(arguments: Golden.tinyModels)
    func `frequencies of the tiny models are the reference's`(name: String) throws {
        let config = try ModelConfig(directory: Golden.path("model/\(name)"))
        let frequencies = RotaryFrequencies(config)
        let golden = try SafetensorsFile(path: Golden.path("model/\(name)/forward.safetensors"))
        #expect(frequencies.inverseFrequencies == (try golden.tensor("rope.inv_freq").elements))
        #expect([frequencies.attentionFactor] == (try golden.tensor("rope.attention_factor").elements))
    }

    @Test func `llama3 divides long wavelengths, keeps short ones and blends between`() {
        let settings = RotarySettings(
            theta: 500_000,
            scaling: .llama3(factor: 32, lowFrequency: 1, highFrequency: 4, originalPositions: 8192)
        )
        let frequencies = RotaryFrequencies(settings, headSize: 64)
        let expected: [UInt32] = [
            1065353216, 1059709382, 1054963644, 1049992931, 1044812720, 1040434848, 1034871981, 1030233703,
            1025116360, 1020030793, 1015523779, 1010044269, 1005516623, 1000248322, 995260192, 984164251,
            971060768, 952867063, 933446029, 928558209, 923781368, 918476020, 914179523, 908595819, 903811268,
            898893515, 893679120, 889347892, 883754919, 879076685, 874013863, 868893104,
        ]
        expectClose(frequencies.inverseFrequencies, expected.map(Float.init(bitPattern:)), rtol: 1.2e-7)
        #expect(frequencies.attentionFactor == 1)
    }

    @Test func `YaRN blends by pairs and raises the attention factor`() throws {
        let config = try ModelConfig(
            json: [
                "model_type": "qwen2", "hidden_size": 2048, "intermediate_size": 64, "num_hidden_layers": 1,
                "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 10,
                "max_position_embeddings": 131072, "rope_theta": 1000000,
                "rope_scaling": ["type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768],
            ],
            path: "config.json"
        )
        let frequencies = RotaryFrequencies(config)
        let expected: [UInt32] = [
            1065353216, 1059470816, 1054337179, 1049376004, 1043732615, 1038909398, 1033475085, 1028093503,
            1023510243, 1017657739, 1012562930, 1007542573, 1000925583, 994537227, 988355987, 981897107,
            974711511,
            967457604, 959987188, 952069613, 943355731, 938618082, 933053348, 927743934, 923050674, 917259037,
            912243279, 907102435, 901558465, 896864368, 891233252, 885960569,
        ]
        expectClose(frequencies.inverseFrequencies, expected.map(Float.init(bitPattern:)), rtol: 1.2e-7)
        #expect(frequencies.attentionFactor == 1.138629436111989)
    }

    @Test func `YaRN takes its own turns, an untruncated blend and two magnitudes`() throws {
        let config = try ModelConfig(
            json: [
                "model_type": "llama", "hidden_size": 256, "intermediate_size": 64, "num_hidden_layers": 1,
                "num_attention_heads": 8, "vocab_size": 10, "max_position_embeddings": 4096,
                "rope_parameters": [
                    "rope_type": "yarn", "rope_theta": 10000, "factor": 8.0, "beta_fast": 16, "beta_slow": 2,
                    "original_max_position_embeddings": 512, "truncate": false, "mscale": 1.0,
                    "mscale_all_dim": 0.5,
                ],
            ],
            path: "config.json"
        )
        let frequencies = RotaryFrequencies(config)
        let expected: [UInt32] = [
            1065353216, 1058010522, 1050798235, 1043235076, 1033021301, 1020939036, 1005586058, 991014201,
            983815946, 976766108, 969883192, 963188008, 956502639, 949185046, 942000992, 934967123,
        ]
        expectClose(frequencies.inverseFrequencies, expected.map(Float.init(bitPattern:)), rtol: 1.2e-7)
        #expect(frequencies.attentionFactor == 1.094179988101349)
    }

    @Test func `linear scaling divides every frequency`() {
        let plain = RotaryFrequencies(RotarySettings(theta: 10_000), headSize: 8)
        let scaled = RotaryFrequencies(
            RotarySettings(theta: 10_000, scaling: .linear(factor: 4)),
            headSize: 8
        )
        #expect(plain.inverseFrequencies.first == 1)
        #expect(scaled.inverseFrequencies == plain.inverseFrequencies.map { $0 / 4 })
        #expect(scaled.attentionFactor == 1)
    }
}
