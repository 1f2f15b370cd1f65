// The LSTM recurrence as in recurrent.cu, for a W_hh that is too large for one block: a cluster of
// eight blocks takes ROWS rows through all steps, and each block holds the gates of SLICE units.
//
// Forward, a block hands the h of its units to the other seven at every step. Backward, it hands
// each of them what its gates add to the gradient of their h. One cluster barrier a step is enough,
// since what is received lies in two halves that take turns.

constexpr int SLICE = THREADS / 8; // units of a block, a multiple of 4
constexpr int GROUP = ROWS < 4 ? ROWS : 4;
// Pitches are 4 modulo 32, so that 8 rows x 4 units fall on 32 different banks.
constexpr int PITCH = 32 * CHUNKS + 4;
constexpr int WIDE_PITCH = (4 * SLICE + 31) / 32 * 32 + 4;
constexpr int BOX_PITCH = (SLICE + 31) / 32 * 32 + 4;
constexpr int BOX = ROWS * BOX_PITCH; // floats that one block sends another in a step

// Eight neighbouring lanes own a unit; lane `part` of them holds W_hh[gate, unit, k] for the k of
// every eighth vector and goes on with row part % ROWS.
extern "C" __global__ void __cluster_dims__(CLUSTER, 1, 1) __launch_bounds__(THREADS)
    cluster_forward(const Forward a) {
    extern __shared__ float4 shared[];
    float *tile = reinterpret_cast<float *>(shared); // [2][ROWS][PITCH]: all of h, now and next
    const int rank = blockIdx.x % CLUSTER, part = threadIdx.x % 8;
    const int unit = rank * SLICE + threadIdx.x / 8;
    const int own = part % ROWS, row = (int)(blockIdx.x / CLUSTER) * ROWS + own;
    const bool mine = part < ROWS && unit < UNITS && row < a.rows;

    Weights w;
    w.rest = shared + 2 * ROWS * PITCH / 4;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            const int j = unit < UNITS ? gate * UNITS + unit : WIDE; // row WIDE holds zeros
            const int k = 32 * chunk + 4 * part;
            w.set(chunk, gate, make_float4(weight(a.w_hh, j, k), weight(a.w_hh, j, k + 1),
                                           weight(a.w_hh, j, k + 2), weight(a.w_hh, j, k + 3)));
        }
    }
    const size_t plane = (size_t)a.rows * UNITS, at = (size_t)row * UNITS + unit;
    for (int i = threadIdx.x; i < 2 * ROWS * PITCH; i += THREADS) {
        const int r = i % (ROWS * PITCH) / PITCH, k = i % PITCH;
        const int n = (int)(blockIdx.x / CLUSTER) * ROWS + r;
        const bool start = i < ROWS * PITCH && a.h_0 != nullptr && k < UNITS && n < a.rows;
        tile[i] = start ? a.h_0[(size_t)n * UNITS + k] : 0.0f;
    }
    float bias[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    if (a.b_ih != nullptr && unit < UNITS) {
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            bias[gate] = a.b_ih[gate * UNITS + unit] + a.b_hh[gate * UNITS + unit];
        }
    }
    int t = a.reverse ? a.steps - 1 : 0;
    float h = 0.0f, c = mine && a.c_0 != nullptr ? a.c_0[at] : 0.0f, x[4];
    float *gates = a.gates + (size_t)row * WIDE + unit;
#pragma unroll
    for (int gate = 0; gate < 4; gate++) {
        x[gate] = mine ? gates[(size_t)t * 4 * plane + gate * UNITS] : 0.0f;
    }
    cluster_barrier();

    for (int s = 0; s < a.steps; s++) {
        const int next = a.reverse ? t - 1 : t + 1;
        const float *now = tile + (s & 1) * ROWS * PITCH;
        float *then = tile + (~s & 1) * ROWS * PITCH;
        float ahead[4];
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            ahead[gate] = mine && s + 1 < a.steps ? gates[(size_t)next * 4 * plane + gate * UNITS] : 0.0f;
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
                    *reinterpret_cast<const float4 *>(now + r * PITCH + 32 * chunk + 4 * part);
#pragma unroll
                for (int gate = 0; gate < 4; gate++) {
                    sum[gate][r] = dot(v[gate], hv, sum[gate][r]);
                }
            }
        }
        float pre[4];
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            pre[gate] = x[gate] + bias[gate] + share<8>(sum[gate], 1);
            x[gate] = ahead[gate];
        }
        const float in = sigmoid(pre[0]), forget = sigmoid(pre[1]);
        const float cell = tanhf(pre[2]), out = sigmoid(pre[3]);
        c = fmaf(forget, c, in * cell);
        h = out * tanhf(c);
        if (mine) {
#pragma unroll
            for (int to = 0; to < CLUSTER; to++) {
                store_to(then + own * PITCH + unit, to, h);
            }
            a.out[((size_t)t * a.rows + row) * a.width + unit] = h;
            if (a.cells != nullptr) {
                float *now_gates = gates + (size_t)t * 4 * plane;
                now_gates[0] = in;
                now_gates[UNITS] = forget;
                now_gates[2 * UNITS] = cell;
                now_gates[3 * UNITS] = out;
                a.cells[(size_t)t * plane + at] = c;
            }
        }
        t = next;
        cluster_barrier(); // also keeps a block alive while others store to it
    }
    if (mine) {
        a.h_n[at] = h;
        a.c_n[at] = c;
    }
}

// Elementwise, a lane owns a unit and a row as in the forward kernel. In the product, four
// neighbouring lanes own four of all units k, and lane `part` of them holds W_hh[j, k] for the j of
// every fourth vector of the block's own 4 * SLICE gates.
extern "C" __global__ void __cluster_dims__(CLUSTER, 1, 1) __launch_bounds__(THREADS)
    cluster_backward(const Backward a) {
    extern __shared__ float4 shared[];
    float *box = reinterpret_cast<float *>(shared); // [2][CLUSTER][ROWS][BOX_PITCH]: received
    float *tile = box + 2 * CLUSTER * BOX;          // [ROWS][WIDE_PITCH]: gradients of the own gates
    const int rank = blockIdx.x % CLUSTER, first = (int)(blockIdx.x / CLUSTER) * ROWS;
    const int local = threadIdx.x / 8, unit = rank * SLICE + local;
    const int own = threadIdx.x % 8 % ROWS, row = first + own;
    const bool mine = threadIdx.x % 8 < ROWS && unit < UNITS && row < a.rows;
    const int part = threadIdx.x % 4, quad = threadIdx.x / 4 * 4;

    Weights w; // vector i of a chunk: W_hh[j + i] at the four units
    w.rest = shared + (2 * CLUSTER * BOX + ROWS * WIDE_PITCH) / 4;
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
    for (int i = threadIdx.x; i < 2 * CLUSTER * BOX + ROWS * WIDE_PITCH; i += THREADS) {
        box[i] = 0.0f;
    }
    const size_t plane = (size_t)a.rows * UNITS, at = (size_t)row * UNITS + unit;
    const int back = a.reverse ? 1 : -1;
    int t = a.reverse ? 0 : a.steps - 1; // the last step of the forward pass comes first
    float *gates = a.gates + (size_t)row * WIDE + unit;
    // Reads what step t owns; `past` is the step whose cell state it started from.
    auto fetch = [&](int t, int past, bool there, float(&gate)[4], float &cell, float &grad) {
        const bool load = mine && there;
#pragma unroll
        for (int i = 0; i < 4; i++) {
            gate[i] = load ? gates[(size_t)t * 4 * plane + i * UNITS] : 0.0f;
        }
        cell = 0.0f;
        if (load && past >= 0 && past < a.steps) {
            cell = a.cells[(size_t)past * plane + at];
        } else if (load && a.c_0 != nullptr) {
            cell = a.c_0[at];
        }
        const bool seen = load && a.d_out != nullptr && (!a.last_only || t == a.steps - 1);
        grad = seen ? a.d_out[(long long)row * a.d_row + t * a.d_step + unit] : 0.0f;
    };
    // What the eight blocks left in one half of the box for this lane, in their order.
    auto received = [&](int half) {
        float sum = 0.0f;
        const float *from = box + half * CLUSTER * BOX + own * BOX_PITCH + local;
#pragma unroll
        for (int i = 0; i < CLUSTER; i++) {
            sum += from[i * BOX];
        }
        return sum;
    };
    float dh = mine && a.d_h_n != nullptr ? a.d_h_n[at] : 0.0f;
    float dc = mine && a.d_c_n != nullptr ? a.d_c_n[at] : 0.0f;
    float c = mine ? a.cells[(size_t)t * plane + at] : 0.0f;
    float gate[4], before, dy;
    fetch(t, t + back, true, gate, before, dy);
    cluster_barrier();

    for (int s = 0; s < a.steps; s++) {
        float gate_ahead[4], before_ahead, dy_ahead;
        fetch(t + back, t + 2 * back, s + 1 < a.steps, gate_ahead, before_ahead, dy_ahead);
        const float in = gate[0], forget = gate[1], cell = gate[2], out = gate[3];
        const float squashed = tanhf(c), d = dh + dy;
        dc = fmaf(d * out, 1.0f - squashed * squashed, dc);
        if (mine) {
            const float grad[4] = {
                dc * cell * in * (1.0f - in),
                dc * before * forget * (1.0f - forget),
                dc * in * (1.0f - cell * cell),
                d * squashed * out * (1.0f - out),
            };
#pragma unroll
            for (int i = 0; i < 4; i++) {
                gates[(size_t)t * 4 * plane + i * UNITS] = grad[i];
                tile[own * WIDE_PITCH + i * SLICE + local] = grad[i];
            }
        }
        dc *= forget;
        c = before;
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
                const float4 g =
                    *reinterpret_cast<const float4 *>(tile + r * WIDE_PITCH + 16 * chunk + 4 * part);
                sum[0][r] = dot(g, make_float4(v[0].x, v[1].x, v[2].x, v[3].x), sum[0][r]);
                sum[1][r] = dot(g, make_float4(v[0].y, v[1].y, v[2].y, v[3].y), sum[1][r]);
                sum[2][r] = dot(g, make_float4(v[0].z, v[1].z, v[2].z, v[3].z), sum[2][r]);
                sum[3][r] = dot(g, make_float4(v[0].w, v[1].w, v[2].w, v[3].w), sum[3][r]);
            }
        }
        float *to = box + ((s & 1) * CLUSTER + rank) * BOX + quad % SLICE;
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
                four[k] = share<4>(rows, 1);
            }
            if (part < GROUP) {
                store_to(to + (group + part) * BOX_PITCH, quad / SLICE,
                         make_float4(four[0], four[1], four[2], four[3]));
            }
        }
        cluster_barrier(); // also keeps a block alive while others store to it
        dh = received(s & 1);
        before = before_ahead;
        dy = dy_ahead;
#pragma unroll
        for (int i = 0; i < 4; i++) {
            gate[i] = gate_ahead[i];
        }
        t += back;
    }
    if (mine) {
        a.d_h_0[at] = dh;
        a.d_c_0[at] = dc;
    }
}
