internal import MimoModel

/// The keys and values of a sequence, with the tokens they belong to, so that the next prompt that begins
/// alike need not compute them again: the earlier turns of a chat, the system prompt of a batch's rows.
struct PromptCache {
    let cache: KeyValueCache
    /// The same of the layer for multi-token prediction, where it drafts; its last token's is missing at an answer's end.
    let ahead: KeyValueCache?
    /// The tokens whose keys and values are held.
    private(set) var ids: [Int32] = []

    /// A cache that holds nothing, with room for `capacity` tokens at first.
    init(_ config: ModelConfig, capacity: Int, drafts: Bool) {
        cache = KeyValueCache(config, capacity: capacity)
        ahead = drafts ? KeyValueCache(predicting: config) : nil
    }

    /// How many tokens at the beginning of a prompt are held already.
    ///
    /// Never all of them: the last one's logits are wanted.
    func sharedPrefix(with prompt: [Int32]) -> Int {
        var count = 0
        while count < min(ids.count, prompt.count - 1), ids[count] == prompt[count] { count += 1 }
        return count
    }

    /// Forgets what a prompt does not begin with, and returns how many tokens are left.
    mutating func prepare(for prompt: [Int32]) -> Int {
        var shared = sharedPrefix(with: prompt)
        if let ahead {
            // What the layer holds of a token depends on the one behind it, which must be shared too.
            shared = min(max(0, shared - 1), ahead.count)
            ahead.truncate(to: shared)
        }
        ids.removeSubrange(shared...)
        cache.truncate(to: shared)
        return shared
    }

    /// Counts tokens that a pass has appended.
    mutating func append(_ more: some Sequence<Int32>) {
        ids.append(contentsOf: more)
    }

    /// Forgets tokens that a pass has appended and that do not count.
    func dropUncounted() {
        cache.truncate(to: ids.count)
    }
}
