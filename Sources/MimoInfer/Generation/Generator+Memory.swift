import MimoModel

extension Generator {
    /// Bytes that answering requests takes at most beside the model: so many, where all answers of a batch become as
    /// long as they may.
    public func footprint(of requests: [GenerationRequest]) -> Int {
        let lengths = requests.map { request in
            let room = config.maxPositions - request.prompt.count
            return request.prompt.count + min(request.options.maxNewTokens ?? room, room)
        }
        let prompt = requests.reduce(0) { max($0, $1.prompt.count) }
        return pass.footprint(
            prompt: min(promptStep, prompt),
            lengths: Array(lengths.sorted(by: >).prefix(maxBatchSize))
        )
    }
}
