import Foundation
import MimoTestSupport
import Testing

@testable import MimoNumerics

@Suite struct AttentionTests {
    struct Geometry: Sendable, CustomTestStringConvertible {
        var heads: Int
        var keyValueHeads: Int
        var headSize: Int
        var testDescription: String { "\(heads)/\(keyValueHeads)x\(headSize)" }
    }

    static let geometries = [
        Geometry(heads: 4, keyValueHeads: 2, headSize: 16), Geometry(heads: 3, keyValueHeads: 1, headSize: 8),
        Geometry(heads: 2, keyValueHeads: 2, headSize: 40),
    ]

    /// Rows of 70, 1 and 130 tokens; then a trunk of 67 with leaves of 5 and 65, one of which has a leaf of 3.
    static let layouts: [(name: String, count: Int, spans: [QuerySpan])] = [
        (
            "separate rows", 201,
            [
                QuerySpan(queries: 0..<70, spans: [KeySpan(keys: 0..<70, lastSeenByFirstQuery: 0)]),
                QuerySpan(queries: 70..<71, spans: [KeySpan(keys: 70..<71, lastSeenByFirstQuery: 70)]),
                QuerySpan(queries: 71..<201, spans: [KeySpan(keys: 71..<201, lastSeenByFirstQuery: 71)]),
            ]
        ),
        (
            "a tree", 140,
            [
                QuerySpan(queries: 0..<67, spans: [KeySpan(keys: 0..<67, lastSeenByFirstQuery: 0)]),
                QuerySpan(
                    queries: 67..<72,
                    spans: [KeySpan(keys: 0..<67), KeySpan(keys: 67..<72, lastSeenByFirstQuery: 67)]
                ),
                QuerySpan(
                    queries: 72..<137,
                    spans: [KeySpan(keys: 0..<67), KeySpan(keys: 72..<137, lastSeenByFirstQuery: 72)]
                ),
                QuerySpan(
                    queries: 137..<140,
                    spans: [
                        KeySpan(keys: 0..<67), KeySpan(keys: 72..<137),
                        KeySpan(keys: 137..<140, lastSeenByFirstQuery: 137),
                    ]
                ),
            ]
        ),
    ]

    @Test("Forward and backward equal softmax written out, for rows and for trees", arguments: geometries)
    func layouts(geometry: Geometry) {
        for layout in Self.layouts {
            let attention = Attention(
                heads: geometry.heads,
                keyValueHeads: geometry.keyValueHeads,
                headSize: geometry.headSize
            )
            let (width, narrow) = (
                geometry.heads * geometry.headSize, geometry.keyValueHeads * geometry.headSize
            )
            let (q, k, v) = (
                Oracle.tensor(layout.count, width, seed: 1, scale: 2),
                Oracle.tensor(layout.count, narrow, seed: 2, scale: 2),
                Oracle.tensor(layout.count, narrow, seed: 3)
            )
            let (out, lse) = (
                Tensor(rows: layout.count, columns: width),
                Tensor(rows: layout.count, columns: geometry.heads)
            )
            let scratch = Tensor(rows: Compute.threads, columns: attention.scratchFloats)
            let (keys, values) = (
                HeadRows(k, heads: geometry.keyValueHeads), HeadRows(v, heads: geometry.keyValueHeads)
            )
            attention.forward(out, lse: lse, q: q, k: keys, v: values, layout.spans, scratch: scratch)
            let dOut = Oracle.tensor(layout.count, width, seed: 4)
            let plain = plainAttention(geometry, layout.spans, q: q, k: k, v: v, dOut: dOut)
            expectClose(out.elements, plain.out.floats, rtol: 1e-4, atol: 1e-5, layout.name)
            let (dq, dk, dv) = (
                Tensor(rows: layout.count, columns: width), Tensor(rows: layout.count, columns: narrow),
                Tensor(rows: layout.count, columns: narrow)
            )
            attention.backward(
                dq: dq,
                dk: dk,
                dv: dv,
                delta: Tensor(rows: layout.count, columns: geometry.heads),
                dOutput: dOut,
                output: out,
                lse: lse,
                q: q,
                k: k,
                v: v,
                layout.spans,
                scratch: scratch
            )
            expectClose(dq.elements, plain.dq.floats, rtol: 1e-3, atol: 1e-5, "dq of \(layout.name)")
            expectClose(dk.elements, plain.dk.floats, rtol: 1e-3, atol: 1e-5, "dk of \(layout.name)")
            expectClose(dv.elements, plain.dv.floats, rtol: 1e-3, atol: 1e-5, "dv of \(layout.name)")
        }
    }

    @Test("Queries for some of the tokens get what they get among all")
    func someQueries() {
        let attention = Attention(heads: 4, keyValueHeads: 2, headSize: 16)
        let scratch = Tensor(rows: Compute.threads, columns: attention.scratchFloats)
        let q = Oracle.tensor(150, 64, seed: 1)
        let k = HeadRows(Oracle.tensor(150, 32, seed: 2), heads: 2)
        let v = HeadRows(Oracle.tensor(150, 32, seed: 3), heads: 2)
        let (all, lse) = (Tensor(rows: 150, columns: 64), Tensor(rows: 150, columns: 4))
        attention.forward(
            all,
            lse: lse,
            q: q,
            k: k,
            v: v,
            [QuerySpan(queries: 0..<150, spans: [KeySpan(keys: 0..<150, lastSeenByFirstQuery: 0)])],
            scratch: scratch
        )
        let wanted = Array(20..<30) + Array(100..<150)
        let some = Tensor(rows: wanted.count, columns: 64)
        Elementwise.gatherRows(some, from: q, wanted)
        let out = Tensor(rows: wanted.count, columns: 64)
        attention.forward(
            out,
            lse: Tensor(rows: wanted.count, columns: 4),
            q: some,
            k: k,
            v: v,
            [
                QuerySpan(queries: 0..<10, spans: [KeySpan(keys: 0..<30, lastSeenByFirstQuery: 20)]),
                QuerySpan(queries: 10..<60, spans: [KeySpan(keys: 0..<150, lastSeenByFirstQuery: 100)]),
            ],
            scratch: scratch
        )
        let expected = Tensor(rows: wanted.count, columns: 64)
        Elementwise.gatherRows(expected, from: all, wanted)
        expectClose(out.elements, expected.elements, rtol: 1e-5, atol: 1e-6)
    }

    /// Attention and its derivative, every score written out in double.
    private func plainAttention(
        _ geometry: Geometry,
        _ layout: [QuerySpan],
        q: Tensor,
        k: Tensor,
        v: Tensor,
        dOut: Tensor
    )
        -> (out: [Double], dq: [Double], dk: [Double], dv: [Double])
    {
        let (size, group) = (geometry.headSize, geometry.heads / geometry.keyValueHeads)
        let scale = 1 / Double(size).squareRoot()
        var out = [Double](repeating: 0, count: q.count)
        var dq = out
        var (dk, dv) = ([Double](repeating: 0, count: k.count), [Double](repeating: 0, count: k.count))
        for span in layout {
            for row in span.queries {
                let seen = span.spans.flatMap { keys in
                    keys.keys.filter { key in
                        keys.lastSeenByFirstQuery.map { key <= $0 + row - span.queries.lowerBound } ?? true
                    }
                }
                for head in 0..<geometry.heads {
                    let (qAt, kvAt) = (row * q.columns + head * size, head / group * size)
                    func score(_ key: Int) -> Double {
                        (0..<size).reduce(0.0) {
                            $0 + Double(q[row, head * size + $1]) * Double(k[key, kvAt + $1])
                        } * scale
                    }
                    let scores = seen.map(score)
                    let top = scores.max() ?? 0
                    let total = scores.reduce(0) { $0 + exp($1 - top) }
                    let p = scores.map { exp($0 - top) / total }
                    for (index, key) in seen.enumerated() {
                        for d in 0..<size { out[qAt + d] += p[index] * Double(v[key, kvAt + d]) }
                    }
                    let dp = seen.map { key in
                        (0..<size).reduce(0.0) {
                            $0 + Double(dOut[row, head * size + $1]) * Double(v[key, kvAt + $1])
                        }
                    }
                    let mean = Oracle.dot(p, dp)
                    for (index, key) in seen.enumerated() {
                        let ds = p[index] * (dp[index] - mean) * scale
                        for d in 0..<size {
                            dq[qAt + d] += ds * Double(k[key, kvAt + d])
                            dk[key * k.columns + kvAt + d] += ds * Double(q[row, head * size + d])
                            dv[key * v.columns + kvAt + d] += p[index] * Double(dOut[row, head * size + d])
                        }
                    }
                }
            }
        }
        return (out, dq, dk, dv)
    }
}
