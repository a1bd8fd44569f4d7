import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoInfer

@Suite struct BatchInferenceTests {
    @Test("A row's last answer is set aside as its label")
    func labels() throws {
        let row = try JSON(
            parsing:
                #"{"id": 7, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#
        )
        let inference = InferenceRow(row)
        #expect(inference.label == "b")
        #expect(JSON.object(inference.fields) == ["id": 7, "messages": [["role": "user", "content": "a"]]])
        let open = InferenceRow(["messages": [["role": "user", "content": "a"]]])
        #expect(open.label == .null)
        #expect(open.fields["messages"]?.arrayValue?.count == 1)
    }

    @Test("Of a row of token ids the last labelled stretch is set aside")
    func tokenLabels() {
        let row = InferenceRow([
            "input_ids": [5, 6, 7, 8, 9, 4], "labels": [-100, 6, -100, 8, 9, -100],
            "loss_scale": [0, 1, 0, 1, 1, 0],
        ])
        #expect(row.label == [8, 9])
        #expect(JSON.object(row.fields) == ["input_ids": [5, 6, 7]])
        #expect(InferenceRow(["input_ids": [5, 6]]).fields["input_ids"] == [5, 6])
        #expect(InferenceRow(["input_ids": [5, 6], "labels": [5, 6]]).fields["input_ids"] == [5])
        #expect(InferenceRow(["input_ids": [5], "labels": [5]]).fields["input_ids"] == [5])
    }

    @Test("Results come in the rows' order, each what the row gets alone, with bad rows in their places")
    func order() throws {
        let prompts = GeneratorTests.prompts([4, 9, 2, 2, 30, 5, 1])
        func request(_ prompt: [Int32], _ row: Int) -> GenerationRequest {
            GeneratorTests.request(
                prompt,
                // The first rows take longest.
                12 - row,
                sampling: SamplingOptions(temperature: 1, topK: 0),
                stream: UInt64(row)
            )
        }
        var results: [JSON] = []
        let batch = BatchInference(try GeneratorTests.generator("tiny-qwen2", batch: 3)) {
            results.append($0)
        }
        for (row, prompt) in prompts.enumerated() {
            let inference = InferenceRow([
                "input_ids": .array(prompt.map { .int(Int64($0)) }), "row": .int(Int64(row)),
            ])
            let asked: Result<GenerationRequest, any Error> =
                row == 3
                ? .failure(InferError.emptyPrompt) : .success(request(row == 5 ? [999] : prompt, 0 + row))
            try batch.add(inference, asked)
        }
        try batch.finish()
        #expect(results.map { $0["row"]?.intValue } == Array(0..<7))
        #expect(batch.count == 7)
        #expect(batch.failures == 2)
        for (row, result) in results.enumerated() {
            if row == 3 || row == 5 {
                #expect(result["finish_reason"] == "error")
                #expect(result["response"] == .null)
                #expect(result["error"]?.stringValue?.isEmpty == false)
                continue
            }
            let alone = try GeneratorTests.generator("tiny-qwen2").generate(request(prompts[row], row))
            #expect(result["response_ids"] == .array(alone.ids.map { .int(Int64($0)) }))
            #expect(result["finish_reason"] == "length")
        }
    }

    @Test("Result files are appended to, and a line that was cut off does not spoil the next")
    func file() throws {
        let folder = try TemporaryFolder()
        try folder.write("{\"a\": 1}\n{\"b\": ", to: "sub/out.jsonl")
        let path = folder.file("sub/out.jsonl")
        try ResultFile(path: path).append(["c": "线\n"])
        try ResultFile(path: path).append(["d": 2])
        let reader = try LineReader(path: path)
        var lines: [String] = []
        while let line = try reader.next() { lines.append(String(decoding: line.bytes, as: UTF8.self)) }
        #expect(lines == [#"{"a": 1}"#, #"{"b": "#, #"{"c": "线\n"}"#, #"{"d": 2}"#])
    }

    @Test("Log-probabilities are written as OpenAI's interface has them")
    func logProbabilities() throws {
        var generation = try GeneratorTests.generator("tiny-mimo").generate(
            GenerationRequest(
                prompt: [1, 2, 3],
                options: GenerationOptions(
                    sampling: .greedy,
                    maxNewTokens: 2,
                    reportsLogProbabilities: true,
                    topLogProbabilities: 3
                )
            )
        )
        let content = try #require(generation.logProbabilitiesJSON(tokenizer: nil)["content"]?.arrayValue)
        #expect(content.map { $0["token_id"]?.intValue.map { Int32($0) } } == generation.ids)
        for entry in content {
            #expect(entry["top_logprobs"]?.arrayValue?.count == 3)
            #expect(entry["top_logprobs"]?.arrayValue?.first?["logprob"] == entry["logprob"])
        }
        generation.logProbabilities = nil
        #expect(generation.logProbabilitiesJSON(tokenizer: nil) == .null)
    }
}
