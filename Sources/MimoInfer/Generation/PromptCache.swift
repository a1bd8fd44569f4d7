internal import MimoModel

/// The keys and values of a sequence, with the tokens they belong to, so that the next prompt that begins
/// alike need not compute them again: the earlier turns of a chat, the system prompt of a batch's rows.
struct PromptCache {
    let cache: KeyValueCache
    /// The tokens whose keys and values are held.
    private(set) var ids: [Int32] = []

    /// A cache that holds nothing, with room for `capacity` tokens at first.
    init(_ config: ModelConfig, capacity: Int) {
        cache = KeyValueCache(config, capacity: capacity)
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
        let shared = sharedPrefix(with: prompt)
        ids.removeSubrange(shared...)
        cache.truncate(to: shared)
        return shared
    }

    /// Counts tokens that a pass has appended.
    mutating func append(_ more: some Sequence<Int32>) {
        ids.append(contentsOf: more)
    }
}
