import MimoFiles
import MimoTestSupport
import MimoText
import Testing

@testable import mimo_nano

/// The tokenizer that is learned from the rows.
struct BytePairTrainerTests {
    private func learned(_ words: [String: Int], size: Int, longest: Int = 16) -> BytePairTrainer {
        let counted = Dictionary(uniqueKeysWithValues: words.map { (Array($0.key.utf8), $0.value) })
        var trainer = BytePairTrainer(counted, bytes: TokenizerFiles.bytes, longestToken: longest)
        trainer.learn(upTo: size)
        return trainer
    }

    private func texts(_ trainer: BytePairTrainer) -> [String] {
        trainer.tokens[256...].map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func theMostFrequentPairIsMergedFirst() {
        // Sennrich, Haddow and Birch's example, without their end-of-word mark.
        let trainer = learned(["low": 5, "lower": 2, "newest": 6, "widest": 3], size: 260)
        #expect(texts(trainer) == ["es", "est", "lo", "low"])
    }

    @Test func nothingIsMergedThatOccursOnceOrGrowsTooLong() {
        #expect(texts(learned(["ab": 1], size: 300)) == [])
        #expect(texts(learned(["aaaaaaaa": 2], size: 300, longest: 4)) == ["aa", "aaaa"])
    }

    @Test func whatIsWrittenIsATokenizerThatKeepsEveryByte() throws {
        let folder = try TemporaryFolder()
        let trainer = learned([" the": 9, "你好": 7, "<think": 5], size: 270)
        try TokenizerFiles(tokens: trainer.tokens, merges: trainer.merges).write(to: folder.path)
        let tokenizer = try Tokenizer(directory: folder.path)
        #expect(tokenizer.vocabularySize == trainer.tokens.count + TokenizerFiles.added.count)
        #expect(tokenizer.eosToken == "<|im_end|>")
        for text in ["the the 1234", "你好，世界", "<think>\n\n</think>\n\n", "naïve ☕\r\n\t", "<|im_end|>"] {
            #expect(tokenizer.decode(tokenizer.encode(text)) == text)
        }
        #expect(tokenizer.encode("12").count == 2)
        #expect(tokenizer.encode("<|im_end|>", parsingSpecial: true).count == 1)
        let words = tokenizer.words(of: "the 12<|im_end|>你好").map { String(decoding: $0, as: UTF8.self) }
        #expect(words == ["the", " ", "1", "2", "你好"])
    }
}
