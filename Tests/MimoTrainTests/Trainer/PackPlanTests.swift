import MimoData
import MimoModel
import MimoTestSupport
import Testing

@testable import MimoTrain

/// How rows with a beginning in common come together.
struct PackPlanTests {
    /// A row of `common` tokens that others of that kind begin with too, and as many of its own.
    private func row(_ number: Int, common: Int, own: Int, kind: Int32 = 0) -> Sample {
        let ids =
            (0..<common).map { kind * 1000 + Int32($0) }
            + (0..<own).map { Int32(10_000 + 1000 * number + $0) }
        return Sample(ids: ids, labels: ids.enumerated().map { $0.offset < common ? -100 : $0.element })
    }

    private func plan(_ rows: [Sample], _ sharing: PrefixSharing?, capacity: Int = 100) -> PackPlan {
        PackPlan(rows, firstNumber: 0, capacity: capacity, batchSize: 1, sharing: sharing)
    }

    @Test("A beginning is computed once a pack, and packs are long where it is")
    func beginnings() throws {
        let rows = (0..<12).map { row($0, common: 80, own: 41) }
        let census = try SampleCensus(SampleArray(rows), vocabularySize: 30_000)
        let sharing = census.prefixSharing(among: 12, packTokens: 100)
        #expect(sharing.packTokens == 80 + 4 * 100)
        // What stands behind the last label is not computed: 40 tokens of each row's own.
        #expect(plan(rows, sharing).packs.map(\.ids.count) == [80 + 10 * 40, 80 + 2 * 40])
        #expect(plan(rows, nil).packs.map(\.ids.count) == Array(repeating: 120, count: 12))
        #expect(plan(rows, sharing).targets == plan(rows, nil).targets)
        #expect(census.longestPack(of: 12, packTokens: 100, batchSize: 1, sharing: sharing) == 480)
    }

    @Test("Packs grow until the beginning is a ninth of them, with at most four usual packs beside it")
    func lengths() {
        func packTokens(_ commonTokens: Int, longestRow: Int = 50) -> Int {
            PrefixSharing(packTokens: 1024, longestRow: longestRow, commonTokens: commonTokens).packTokens
        }
        #expect(packTokens(0) == 1024)
        #expect(packTokens(100) == 1024)
        #expect(packTokens(200) == 1800)
        #expect(packTokens(2000) == 2000 + 4096)
        #expect(packTokens(0, longestRow: 3000) == 3000)
    }

    @Test("A conversation's first rounds lie within its longest row, whichever comes first")
    func histories() {
        let longest = row(0, common: 0, own: 190)
        let rounds = [40, 80, 130].map {
            Sample(ids: Array(longest.ids.prefix($0)), labels: Array(longest.ids.prefix($0)))
        }
        let other = row(5, common: 0, own: 188)
        let sharing = PrefixSharing(packTokens: 100, longestRow: 189, commonTokens: 0)
        for rows in [[longest] + rounds + [other], [other] + rounds + [longest]] {
            let plan = plan(rows, sharing)
            #expect(plan.packs.map(\.ids.count) == [189, 187])
            #expect(plan.targets == 39 + 79 + 129 + 189 + 187)
        }
    }

    @Test("Every row is in one pack, whatever it shares, and no pack is longer than it may be")
    func allRows() {
        var draws = SplitMix(seed: 7)
        for _ in 0..<20 {
            let rows = (0..<24).map { number in
                row(
                    number,
                    common: draws.one(of: [0, 20, 40, 60]),
                    own: 2 + draws.below(70),
                    kind: Int32(1 + draws.below(3))
                )
            }
            let sharing = PrefixSharing(packTokens: 100, longestRow: 130, commonTokens: 20)
            let (shared, apart) = (plan(rows, sharing), plan(rows, nil))
            #expect(shared.targets == rows.reduce(0) { $0 + $1.labels.dropFirst().count { $0 >= 0 } })
            #expect(shared.targets == apart.targets)
            #expect(
                shared.packs.flatMap(\.targets).map(\.label).sorted()
                    == apart.packs.flatMap(\.targets).map(\.label).sorted()
            )
            #expect(shared.packs.allSatisfy { $0.ids.count <= sharing.packTokens })
            #expect(
                shared.packs.reduce(0) { $0 + $1.ids.count } <= apart.packs.reduce(0) { $0 + $1.ids.count }
            )
        }
    }

    @Test("The longest common beginning is that of as many rows as are asked for")
    func common() {
        let rows: [[Int32]] = [[1, 2, 3, 4], [9], [1, 2, 3, 5], [1, 2, 7], [], [1, 2, 3, 4, 5]]
        let beginnings = CommonBeginnings(rows)
        #expect(beginnings.longest(sharedBy: 0) == 4)
        #expect(beginnings.longest(sharedBy: 2.0 / 6) == 4)
        #expect(beginnings.longest(sharedBy: 3.0 / 6) == 3)
        #expect(beginnings.longest(sharedBy: 4.0 / 6) == 2)
        #expect(beginnings.longest(sharedBy: 1) == 0)
        #expect(beginnings.longest(sharedBy: 2) == 0)
        #expect(CommonBeginnings([]).longest(sharedBy: 0.5) == 0)
        #expect(CommonBeginnings([[1, 2]]).longest(sharedBy: 0.5) == 0)
    }

    @Test("At most a thousand rows are compared, spread over all", arguments: [1, 1000, 1024, 1025, 100_000])
    func compared(count: Int) {
        let numbers = (0..<count).filter { CommonBeginnings.compares($0, of: count) }
        #expect(numbers.count <= 1024 && numbers.count >= min(count, 512))
        #expect((numbers.last ?? 0) >= count - count / 512 - 1)
    }
}
