import CMimoKernels
import MimoTestSupport
import Testing

@testable import MimoNumerics

/// What decoding stands on: products and attention of few rows, for every instruction set.
@Suite struct DecodingKernelTests {
    @Test(
        "A few vectors times a stored weight equal plain sums",
        arguments: KernelVariantTests.names,
        [
            MIMO_F32, MIMO_F16, MIMO_BF16,
        ]
    )
    func vectors(name: String, type: mimo_dtype) throws {
        let kernels = try #require(mimo_kernels_named(name)).pointee
        for (rows, n, k) in [(1, 1, 1), (1, 4, 16), (2, 7, 33), (3, 12, 64), (5, 9, 130), (9, 21, 70)] {
            let x = Oracle.tensor(rows, k, seed: 1)
            var wide = Oracle.numbers(n * k, seed: 2)
            var stored = [UInt8](repeating: 0, count: n * k * 4)
            kernels.narrow(&stored, wide, type, n * k)
            kernels.widen(&wide, stored, type, n * k)
            let expected = (0..<rows * n).map { place in
                (0..<k).reduce(0.0) { $0 + Double(x[place / n, $1]) * Double(wide[place % n * k + $1]) }
            }
            var y = [Float](repeating: 7, count: rows * n)
            kernels.multiply_vectors(&y, x.pointer, stored, type, rows, n, 0, k, n, k, k, 0)
            expectClose(y, expected.floats, rtol: 1e-5, atol: 1e-5, "\(name) \(rows)x\(n)x\(k)")
            // In streams, and a vector alone: the same bits, whatever is multiplied beside it.
            let (apart, whole) = (n / Int(MIMO_STREAMS), y)
            y.replaceSubrange(0..<rows * n, with: repeatElement(7, count: rows * n))
            kernels.multiply_vectors(&y, x.pointer, stored, type, rows, apart, apart, k, n, k, k, 0)
            for place in y.indices {
                #expect(y[place] == (place % n < apart * Int(MIMO_STREAMS) ? whole[place] : 7))
            }
            for row in 0..<rows {
                var alone = [Float](repeating: 0, count: n)
                kernels.multiply_vectors(&alone, x.pointer + row * k, stored, type, 1, n, 0, k, n, k, k, 0)
                #expect(alone == Array(whole[row * n..<(row + 1) * n]))
            }
            y = whole
            kernels.multiply_vectors(&y, x.pointer, stored, type, rows, n, 0, k, n, k, k, 1)
            expectClose(y, expected.map { 2 * $0 }.floats, rtol: 1e-5, atol: 1e-5, "\(name) accumulated")
        }
    }

    @Test("The up projection of few rows equals plain sums", arguments: KernelVariantTests.names)
    func up(name: String) throws {
        let kernels = try #require(mimo_kernels_named(name)).pointee
        for (rows, n, rank) in [(1, 1, 1), (1, 70, 8), (3, 33, 5), (16, 64, 16)] {
            let h = Oracle.tensor(rows, rank, seed: 1)
            let b = Oracle.tensor(rank, n, seed: 2)
            let y = Oracle.tensor(rows, n, seed: 3)
            let expected = (0..<rows * n).map { place in
                (0..<rank).reduce(Double(y[place / n, place % n])) {
                    $0 + 0.5 * Double(h[place / n, $1]) * Double(b[$1, place % n])
                }
            }
            kernels.project_up(y.pointer, h.pointer, b.pointer, 0.5, rows, n, rank, n, rank, n)
            expectClose(y.elements, expected.floats, rtol: 1e-5, atol: 1e-5, "\(name) \(rows)x\(n)x\(rank)")
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var heads: Int
        var keyValueHeads: Int
        var headSize: Int
        var testDescription: String { "\(heads)/\(keyValueHeads)x\(headSize)" }
    }

    static let cases = [
        Case(heads: 9, keyValueHeads: 3, headSize: 64), Case(heads: 4, keyValueHeads: 1, headSize: 128),
        Case(heads: 7, keyValueHeads: 1, headSize: 20), Case(heads: 2, keyValueHeads: 2, headSize: 16),
        Case(heads: 6, keyValueHeads: 3, headSize: 5),
    ]

    @Test("A few queries of several sequences get what the tiles give", arguments: cases)
    func attention(geometry: Case) {
        let attention = Attention(
            heads: geometry.heads,
            keyValueHeads: geometry.keyValueHeads,
            headSize: geometry.headSize
        )
        let (width, narrow) = (geometry.heads * geometry.headSize, geometry.keyValueHeads * geometry.headSize)
        var sequences: [Attention.FewQueries] = []
        var expected: [Tensor] = []
        for (number, (queries, keys)) in [(1, 1), (1, 64), (3, 3), (2, 65), (4, 700), (1, 257), (1, 256)]
            .enumerated()
        {
            let seed = UInt64(number * 10)
            let q = Oracle.tensor(queries, width, seed: seed + 1, scale: 2)
            let k = Oracle.tensor(keys, narrow, seed: seed + 2, scale: 2)
            let v = Oracle.tensor(keys, narrow, seed: seed + 3)
            // As a cache holds them, or as products write them.
            let stored = [k, v].map { side in
                let side = HeadRows(side, heads: geometry.keyValueHeads)
                guard number % 2 == 0 else { return side }
                let room = HeadRows.zeros(2, heads: side.heads, size: side.size, rows: keys + 3)[1]
                let rows = room.rows(2..<keys + 2)
                rows.copy(from: side)
                return rows
            }
            let tiles = Tensor(rows: queries, columns: width)
            let again = Tensor(rows: queries, columns: width)
            func forward(_ output: Tensor, _ k: HeadRows, _ v: HeadRows) {
                attention.forward(
                    output,
                    lse: Tensor(rows: queries, columns: geometry.heads),
                    q: q,
                    k: k,
                    v: v,
                    [
                        QuerySpan(
                            queries: 0..<queries,
                            spans: [KeySpan(keys: 0..<keys, lastSeenByFirstQuery: keys - queries)]
                        )
                    ],
                    scratch: Tensor(rows: 1, columns: attention.scratchFloats)
                )
            }
            forward(tiles, stored[0], stored[1])
            forward(
                again,
                HeadRows(k, heads: geometry.keyValueHeads),
                HeadRows(v, heads: geometry.keyValueHeads)
            )
            #expect(again.elements == tiles.elements)
            expected.append(tiles)
            sequences.append(
                Attention.FewQueries(
                    output: Tensor(rows: queries, columns: width),
                    q: q,
                    k: stored[0],
                    v: stored[1]
                )
            )
        }
        let scratch = Tensor(rows: 1, columns: attention.scratchFloats(for: sequences))
        attention.forward(sequences, scratch: scratch)
        for (sequence, tiles) in zip(sequences, expected) {
            expectClose(
                sequence.output.elements,
                tiles.elements,
                rtol: 1e-4,
                atol: 1e-5,
                "\(sequence.k.rows) keys"
            )
        }
        // Alone each sequence gets the same bits.
        let before = sequences.map(\.output.elements)
        for (sequence, bits) in zip(sequences, before) {
            attention.forward([sequence], scratch: scratch)
            #expect(sequence.output.elements == bits)
        }
        attention.forward([], scratch: scratch)
    }

    @Test("What is no number does not get lost among a few queries' scores", arguments: [0, 40, 69])
    func notANumber(place: Int) {
        let attention = Attention(heads: 6, keyValueHeads: 2, headSize: 64)
        let (q, k) = (Oracle.tensor(1, 384, seed: 1), Oracle.tensor(70, 128, seed: 2))
        k[place, 3] = .nan
        let keys = HeadRows(k, heads: 2)
        let few = Attention.FewQueries(
            output: Tensor(rows: 1, columns: 384),
            q: q,
            k: keys,
            v: keys
        )
        attention.forward([few], scratch: Tensor(rows: 1, columns: attention.scratchFloats(for: [few])))
        let (seeing, others) = (few.output.columns(0..<192), few.output.columns(192..<384))
        #expect(seeing.elements.allSatisfy { $0.isNaN })
        #expect(others.elements.allSatisfy { $0.isFinite })
    }

    /// What a kernel makes of the parts of a head's keys.
    private struct HeadParts: Equatable {
        /// `[parts, group · count · head]`.
        let sums: [Float]
        /// `[parts, group · count]`.
        var highest: [Float]
        /// As the highest.
        let totals: [Float]

        /// Takes so many parts at a time; `q` is `[count, group · head]`, rows of `k` and `v` may be longer than heads.
        init(
            _ kernels: mimo_kernels,
            q: Tensor,
            k: Tensor,
            v: Tensor,
            group: Int,
            keysPerPart: Int,
            partsAtATime: Int
        ) {
            let (keys, head, rows) = (k.rows, q.columns / group, group * q.rows)
            let parts = (keys + keysPerPart - 1) / keysPerPart
            let sums = Tensor(rows: parts, columns: rows * head)
            let levels = Tensor(rows: 2 * parts, columns: rows)
            for first in stride(from: 0, to: parts, by: partsAtATime) {
                let start = first * keysPerPart
                kernels.attention_few(
                    sums.pointer + first * sums.stride,
                    levels.pointer + first * rows,
                    levels.pointer + (parts + first) * rows,
                    q.pointer,
                    k.pointer + start * k.stride,
                    v.pointer + start * v.stride,
                    min(keys - start, partsAtATime * keysPerPart),
                    keysPerPart,
                    keys - q.rows - start,
                    q.rows,
                    group,
                    head,
                    0.125,
                    q.stride,
                    k.stride
                )
            }
            self.sums = sums.elements
            highest = levels.rows(0..<parts).elements
            totals = levels.rows(parts..<2 * parts).elements
        }
    }

    @Test(
        "Every instruction set's attention of few queries gives the same numbers",
        arguments: KernelVariantTests.names
    )
    func variants(name: String) throws {
        let kernels = try #require(mimo_kernels_named(name)).pointee
        let reference = try #require(mimo_kernels_named("baseline")).pointee
        for (count, group, head, keys) in [(1, 3, 64, 200), (2, 5, 20, 70), (1, 1, 128, 64)] {
            let q = Oracle.tensor(count, group * head, seed: 1, scale: 2)
            let k = Oracle.tensor(keys, head, seed: 2, scale: 2)
            let v = Oracle.tensor(keys, head, seed: 3)
            func run(_ table: mimo_kernels) -> [Float] {
                var parts = HeadParts(
                    table,
                    q: q,
                    k: k,
                    v: v,
                    group: group,
                    keysPerPart: keys,
                    partsAtATime: 1
                )
                let out = Tensor(rows: count, columns: group * head)
                table.attention_join(
                    out.pointer,
                    parts.sums,
                    &parts.highest,
                    parts.totals,
                    1,
                    count,
                    group,
                    head,
                    out.stride
                )
                return out.elements
            }
            expectClose(run(kernels), run(reference), rtol: 1e-4, atol: 1e-6, name)
        }
    }

    @Test(
        "Parts of keys give the same bits, whether they are taken one by one or many at a time",
        arguments: KernelVariantTests.names
    )
    func parts(name: String) throws {
        let kernels = try #require(mimo_kernels_named(name)).pointee
        for (count, group, head, keys, keysPerPart) in [
            (1, 3, 64, 700, 64), (3, 3, 64, 330, 64), (1, 5, 128, 500, 128), (2, 4, 20, 300, 100),
        ] {
            let q = Oracle.tensor(count, group * head, seed: 1, scale: 2)
            // As a cache holds them, or as products write them.
            for rowStride in [head, head + 24] {
                let k = Oracle.tensor(keys, rowStride, seed: 2)
                let v = Oracle.tensor(keys, rowStride, seed: 3)
                func run(atATime some: Int) -> HeadParts {
                    HeadParts(
                        kernels,
                        q: q,
                        k: k,
                        v: v,
                        group: group,
                        keysPerPart: keysPerPart,
                        partsAtATime: some
                    )
                }
                let alone = run(atATime: 1)
                // The highest score's own share is 1: a part that saw a key has at least that.
                #expect(alone.totals.allSatisfy { $0 >= 1 })
                for some in [2, 5, keys] { #expect(run(atATime: some) == alone) }
            }
        }
    }
}
