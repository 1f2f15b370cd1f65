// The LSTM recurrence as in recurrent.cu, for a W_hh that is too large for one block: a cluster of
// eight blocks takes TURNS groups of ROWS rows through all steps, and each block holds the gates of
// SLICE units.
//
// Forward, a block hands the h of its units to the other seven at every step. Backward, it hands
// each of them what its gates add to the gradient of their h. With two groups, one is computed while
// what was sent of the other is under way: every thread arrives at the cluster barrier after it has
// sent a group's values, and waits only before it sends those of the other group. Nobody overwrites
// what somebody may still read, since what is received lies in two halves that take turns.

constexpr int SLICE = THREADS / 8; // units of a block, a multiple of 4
constexpr int GROUP = ROWS < 4 ? ROWS : 4;
// Pitches are 4 modulo 32, so that 8 rows x 4 units fall on 32 different banks.
constexpr int PITCH = 32 * CHUNKS + 4;
constexpr int WIDE_PITCH = (4 * SLICE + 31) / 32 * 32 + 4;
constexpr int BOX_PITCH = (SLICE + 31) / 32 * 32 + 4;
constexpr int BOX = ROWS * BOX_PITCH; // floats that one block sends another of a group in a step

// What a thread owns of each group elementwise: a unit and row `own`. Eight lanes of a warp have the
// same unit, and lanes side by side the same `part` of the eight.
struct Own {
    int part, unit, own;
    int row[TURNS];
    bool mine[TURNS];
    size_t at[TURNS]; // row * H + unit

    __device__ __forceinline__ Own(int rank, int rows) {
        part = threadIdx.x % 32 / 4;
        unit = rank * SLICE + threadIdx.x / 32 * 4 + threadIdx.x % 4;
        own = part % ROWS;
#pragma unroll
        for (int g = 0; g < TURNS; g++) {
            row[g] = (int)(blockIdx.x / CLUSTER * TURNS + g) * ROWS + own;
            mine[g] = part < ROWS && unit < UNITS && row[g] < rows;
            at[g] = (size_t)row[g] * UNITS + unit;
        }
    }
};

// A thread's share of a unit holds W_hh[gate, unit, k] for the k of every eighth vector.
extern "C" __global__ void __cluster_dims__(CLUSTER, 1, 1) __launch_bounds__(THREADS)
    cluster_forward(const Forward a) {
    extern __shared__ float4 shared[];
    float *tile = reinterpret_cast<float *>(shared); // [TURNS][2][ROWS][PITCH]: all of h, now and next
    constexpr int HALF = ROWS * PITCH;
    const int rank = blockIdx.x % CLUSTER;
    const Own o(rank, a.rows);

    Weights w;
    w.rest = shared + TURNS * 2 * HALF / 4;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            const int j = o.unit < UNITS ? gate * UNITS + o.unit : WIDE; // row WIDE holds zeros
            const int k = 32 * chunk + 4 * o.part;
            w.set(chunk, gate, make_float4(weight(a.w_hh, j, k), weight(a.w_hh, j, k + 1),
                                           weight(a.w_hh, j, k + 2), weight(a.w_hh, j, k + 3)));
        }
    }
    const size_t plane = (size_t)a.rows * UNITS;
    for (int i = threadIdx.x; i < TURNS * 2 * HALF; i += THREADS) {
        const int group = i / (2 * HALF), r = i % HALF / PITCH, k = i % PITCH;
        const int n = (int)(blockIdx.x / CLUSTER * TURNS + group) * ROWS + r;
        const bool start = i / HALF % 2 == 0 && a.h_0 != nullptr && k < UNITS && n < a.rows;
        tile[i] = start ? a.h_0[(size_t)n * UNITS + k] : 0.0f;
    }
    float bias[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    if (a.b_ih != nullptr && o.unit < UNITS) {
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            bias[gate] = a.b_ih[gate * UNITS + o.unit] + a.b_hh[gate * UNITS + o.unit];
        }
    }
    int t = a.reverse ? a.steps - 1 : 0;
    float h[TURNS], c[TURNS], x[TURNS][4];
#pragma unroll
    for (int g = 0; g < TURNS; g++) {
        h[g] = 0.0f;
        c[g] = o.mine[g] && a.c_0 != nullptr ? a.c_0[o.at[g]] : 0.0f;
        const float *gates = a.gates + (size_t)t * 4 * plane + (size_t)o.row[g] * WIDE + o.unit;
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            x[g][gate] = o.mine[g] ? gates[gate * UNITS] : 0.0f;
        }
    }
    cluster_arrive();
    cluster_wait();
    if (TURNS > 1) {
        cluster_arrive();
    }

    for (int s = 0; s < a.steps; s++) {
        const int next = a.reverse ? t - 1 : t + 1;
#pragma unroll
        for (int g = 0; g < TURNS; g++) {
            const float *now = tile + (2 * g + (s & 1)) * HALF;
            float *then = tile + (2 * g + (~s & 1)) * HALF;
            const size_t line = (size_t)o.row[g] * WIDE + o.unit;
            // The next step's inputs are on their way while this one is computed.
            float ahead[4];
#pragma unroll
            for (int gate = 0; gate < 4; gate++) {
                const bool load = o.mine[g] && s + 1 < a.steps;
                ahead[gate] = load ? a.gates[(size_t)next * 4 * plane + line + gate * UNITS] : 0.0f;
            }
            float sum[4][ROWS] = {};
#pragma unroll
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                float4 v[4];
#pragma unroll
                for (int gate = 0; gate < 4; gate++) {
                    v[gate] = w.get(chunk, gate);
                }
#pragma unroll
                for (int r = 0; r < ROWS; r++) {
                    const float4 hv =
                        *reinterpret_cast<const float4 *>(now + r * PITCH + 32 * chunk + 4 * o.part);
#pragma unroll
                    for (int gate = 0; gate < 4; gate++) {
                        sum[gate][r] = dot(v[gate], hv, sum[gate][r]);
                    }
                }
            }
            float pre[4];
#pragma unroll
            for (int gate = 0; gate < 4; gate++) {
                pre[gate] = x[g][gate] + bias[gate] + share<8>(sum[gate], 4);
                x[g][gate] = ahead[gate];
            }
            const float in = sigmoid(pre[0]), forget = sigmoid(pre[1]);
            const float cell = tanhf(pre[2]), out = sigmoid(pre[3]);
            c[g] = fmaf(forget, c[g], in * cell);
            h[g] = out * tanhf(c[g]);
            // Four lanes side by side have four units of a row: each sends all four to two blocks.
            float four[4];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                four[i] = __shfl_sync(0xffffffffu, h[g], (threadIdx.x % 32 & ~3) + i);
            }
            if (TURNS > 1) {
                cluster_wait();
            }
            if (o.part < ROWS) {
                float *to = then + o.own * PITCH + rank * SLICE + threadIdx.x / 32 * 4;
                const float4 v = make_float4(four[0], four[1], four[2], four[3]);
                store_to(to, threadIdx.x % 4, v);
                store_to(to, threadIdx.x % 4 + 4, v);
            }
            cluster_arrive();
            // After the arrival, which would wait for these as well.
            if (o.mine[g]) {
                a.out[((size_t)t * a.rows + o.row[g]) * a.width + o.unit] = h[g];
                if (a.cells != nullptr) {
                    float *gates = a.gates + (size_t)t * 4 * plane + line;
                    gates[0] = in;
                    gates[UNITS] = forget;
                    gates[2 * UNITS] = cell;
                    gates[3 * UNITS] = out;
                    a.cells[(size_t)t * plane + o.at[g]] = c[g];
                }
            }
            if (TURNS == 1) {
                cluster_wait(); // also keeps a block alive while others store to it
            }
        }
        t = next;
    }
    if (TURNS > 1) {
        cluster_wait(); // as above
    }
#pragma unroll
    for (int g = 0; g < TURNS; g++) {
        if (o.mine[g]) {
            a.h_n[o.at[g]] = h[g];
            a.c_n[o.at[g]] = c[g];
        }
    }
}

// Elementwise, a lane owns a unit and a row as in the forward kernel. In the product, four lanes of
// a warp own four of all units k, and the one with number `part` of them holds W_hh[j, k] for the j
// of every fourth vector of the block's own 4 * SLICE gates.
extern "C" __global__ void __cluster_dims__(CLUSTER, 1, 1) __launch_bounds__(THREADS)
    cluster_backward(const Backward a) {
    extern __shared__ float4 shared[];
    float *box = reinterpret_cast<float *>(shared); // [TURNS][2][CLUSTER][ROWS][BOX_PITCH]: received
    constexpr int BOXES = TURNS * 2 * CLUSTER * BOX, TILE = ROWS * WIDE_PITCH;
    float *tiles = box + BOXES; // [TURNS][ROWS][WIDE_PITCH]: gradients of the own gates
    const int rank = blockIdx.x % CLUSTER;
    const Own o(rank, a.rows);
    const int local = o.unit - rank * SLICE;
    const int part = threadIdx.x % 32 / 8, quad = (threadIdx.x / 32 * 8 + threadIdx.x % 8) * 4;

    Weights w; // vector i of a chunk: W_hh[j + i] at the four units
    w.rest = shared + (BOXES + TURNS * TILE) / 4;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int j = 16 * chunk + 4 * part + i, from = rank * SLICE + j % SLICE;
            const int wide = from < UNITS ? j / SLICE * UNITS + from : WIDE;
            w.set(chunk, i, make_float4(weight(a.w_hh, wide, quad), weight(a.w_hh, wide, quad + 1),
                                        weight(a.w_hh, wide, quad + 2), weight(a.w_hh, wide, quad + 3)));
        }
    }
    for (int i = threadIdx.x; i < BOXES + TURNS * TILE; i += THREADS) {
        box[i] = 0.0f;
    }
    const size_t plane = (size_t)a.rows * UNITS;
    const int back = a.reverse ? 1 : -1;
    int t = a.reverse ? 0 : a.steps - 1; // the last step of the forward pass comes first
    // Reads what step t owns of a group; `past` is the step whose cell state it started from.
    auto fetch = [&](int g, int t, int past, bool there, float(&gate)[4], float &cell, float &grad) {
        const bool load = o.mine[g] && there;
        const float *from = a.gates + (size_t)t * 4 * plane + (size_t)o.row[g] * WIDE + o.unit;
#pragma unroll
        for (int i = 0; i < 4; i++) {
            gate[i] = load ? from[i * UNITS] : 0.0f;
        }
        cell = 0.0f;
        if (load && past >= 0 && past < a.steps) {
            cell = a.cells[(size_t)past * plane + o.at[g]];
        } else if (load && a.c_0 != nullptr) {
            cell = a.c_0[o.at[g]];
        }
        const bool seen = load && a.d_out != nullptr && (!a.last_only || t == a.steps - 1);
        grad = seen ? a.d_out[(long long)o.row[g] * a.d_row + t * a.d_step + o.unit] : 0.0f;
    };
    // What the eight blocks left in one half of a group's box for this lane, in their order.
    auto received = [&](int g, int half) {
        float sum = 0.0f;
        const float *from = box + (2 * g + half) * CLUSTER * BOX + o.own * BOX_PITCH + local;
#pragma unroll
        for (int i = 0; i < CLUSTER; i++) {
            sum += from[i * BOX];
        }
        return sum;
    };
    float dh[TURNS], dc[TURNS], c[TURNS], gate[TURNS][4], before[TURNS], dy[TURNS];
#pragma unroll
    for (int g = 0; g < TURNS; g++) {
        dh[g] = o.mine[g] && a.d_h_n != nullptr ? a.d_h_n[o.at[g]] : 0.0f;
        dc[g] = o.mine[g] && a.d_c_n != nullptr ? a.d_c_n[o.at[g]] : 0.0f;
        c[g] = o.mine[g] ? a.cells[(size_t)t * plane + o.at[g]] : 0.0f;
        fetch(g, t, t + back, true, gate[g], before[g], dy[g]);
    }
    cluster_arrive();
    cluster_wait();
    if (TURNS > 1) {
        cluster_arrive();
    }

    for (int s = 0; s < a.steps; s++) {
#pragma unroll
        for (int g = 0; g < TURNS; g++) {
            float *tile = tiles + g * TILE;
            float gate_ahead[4], before_ahead, dy_ahead;
            fetch(g, t + back, t + 2 * back, s + 1 < a.steps, gate_ahead, before_ahead, dy_ahead);
            const float in = gate[g][0], forget = gate[g][1], cell = gate[g][2], out = gate[g][3];
            const float squashed = tanhf(c[g]), d = dh[g] + dy[g];
            dc[g] = fmaf(d * out, 1.0f - squashed * squashed, dc[g]);
            if (o.mine[g]) {
                const float grad[4] = {
                    dc[g] * cell * in * (1.0f - in),
                    dc[g] * before[g] * forget * (1.0f - forget),
                    dc[g] * in * (1.0f - cell * cell),
                    d * squashed * out * (1.0f - out),
                };
                float *gates = a.gates + (size_t)t * 4 * plane + (size_t)o.row[g] * WIDE + o.unit;
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    gates[i * UNITS] = grad[i];
                    tile[o.own * WIDE_PITCH + i * SLICE + local] = grad[i];
                }
            }
            dc[g] *= forget;
            c[g] = before[g];
            __syncthreads();
            float sum[4][ROWS] = {};
#pragma unroll
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                float4 v[4];
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    v[i] = w.get(chunk, i);
                }
#pragma unroll
                for (int r = 0; r < ROWS; r++) {
                    const float4 d =
                        *reinterpret_cast<const float4 *>(tile + r * WIDE_PITCH + 16 * chunk + 4 * part);
                    sum[0][r] = dot(d, make_float4(v[0].x, v[1].x, v[2].x, v[3].x), sum[0][r]);
                    sum[1][r] = dot(d, make_float4(v[0].y, v[1].y, v[2].y, v[3].y), sum[1][r]);
                    sum[2][r] = dot(d, make_float4(v[0].z, v[1].z, v[2].z, v[3].z), sum[2][r]);
                    sum[3][r] = dot(d, make_float4(v[0].w, v[1].w, v[2].w, v[3].w), sum[3][r]);
                }
            }
            if (TURNS > 1) {
                cluster_wait();
                // Of the other group; before the first step nothing was sent.
                const int other = (g + TURNS - 1) % TURNS, step = g > 0 ? s : s - 1;
                if (step >= 0) {
                    dh[other] = received(other, step & 1);
                }
            }
            float *to = box + ((2 * g + (s & 1)) * CLUSTER + rank) * BOX + quad % SLICE;
#pragma unroll
            for (int group = 0; group < ROWS; group += GROUP) {
                float four[4];
#pragma unroll
                for (int k = 0; k < 4; k++) {
                    float rows[GROUP];
#pragma unroll
                    for (int r = 0; r < GROUP; r++) {
                        rows[r] = sum[k][group + r];
                    }
                    four[k] = share<4>(rows, 8);
                }
                if (part < GROUP) {
                    store_to(to + (group + part) * BOX_PITCH, quad / SLICE,
                             make_float4(four[0], four[1], four[2], four[3]));
                }
            }
            cluster_arrive();
            if (TURNS == 1) {
                cluster_wait(); // also keeps a block alive while others store to it
                dh[g] = received(g, s & 1);
            }
            before[g] = before_ahead;
            dy[g] = dy_ahead;
#pragma unroll
            for (int i = 0; i < 4; i++) {
                gate[g][i] = gate_ahead[i];
            }
        }
        t += back;
    }
    if (TURNS > 1) {
        cluster_wait(); // as above
        dh[TURNS - 1] = received(TURNS - 1, ~a.steps & 1);
    }
#pragma unroll
    for (int g = 0; g < TURNS; g++) {
        if (o.mine[g]) {
            a.d_h_0[o.at[g]] = dh[g];
            a.d_c_0[o.at[g]] = dc[g];
        }
    }
}
