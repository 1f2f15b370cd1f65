// The LSTM recurrence of one layer and direction, all steps in one launch, W_hh on the chip.
//
// A block takes ROWS rows of the batch through all steps and never speaks to another block. It
// holds the whole of W_hh: of the CHUNKS pieces of 16 floats that fall to a thread, KEPT lie in
// its registers and the others in shared memory. So a step moves only what the rows own.
//
// ROWS is 1, 2, 4 or 8. The constants are explained in common.cu.

constexpr int GROUP = ROWS < 4 ? ROWS : 4; // rows that neighbouring lanes share out
constexpr int GROUPS = ROWS / GROUP;
// Pitches are 8 modulo 32, so that 4 rows x 8 units fall on 32 different banks.
constexpr int PITCH = (16 * CHUNKS + 31) / 32 * 32 + 8;
constexpr int WIDE_PITCH = 64 * CHUNKS + 8;
// Blocks that a processor should hold at once, which bounds a thread's registers.
constexpr int RESIDENT = KEPT == CHUNKS && THREADS < 512 ? 512 / THREADS : 1;

// Four lanes of a warp own a unit; the one with number `part` holds W_hh[gate, unit, k] for the k of
// every fourth vector, adds its share of all ROWS rows up, and then updates the rows that are its.
// Lanes side by side have the same part, so that what they read of h is the same.
extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT) lstm_forward(const Forward a) {
    extern __shared__ float4 shared[];
    float *tile = reinterpret_cast<float *>(shared); // [2][ROWS][PITCH]: h of this step and the next
    const int part = threadIdx.x % 32 / 8, unit = threadIdx.x / 32 * 8 + threadIdx.x % 8;
    const int first = blockIdx.x * ROWS + part % GROUP;

    Weights w;
    w.rest = shared + 2 * ROWS * PITCH / 4;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            // A padded unit reads row WIDE, which holds zeros.
            const int row = unit < UNITS ? gate * UNITS + unit : WIDE;
            const int k = 16 * chunk + 4 * part;
            w.set(chunk, gate, make_float4(weight(a.w_hh, row, k), weight(a.w_hh, row, k + 1),
                                           weight(a.w_hh, row, k + 2), weight(a.w_hh, row, k + 3)));
        }
    }
    for (int i = threadIdx.x; i < 2 * ROWS * PITCH; i += THREADS) {
        tile[i] = 0.0f;
    }
    __syncthreads();

    float bias[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    float h[GROUPS], c[GROUPS], x[GROUPS][4];
    bool mine[GROUPS];
    size_t at[GROUPS]; // row * H + unit
    if (a.b_ih != nullptr && unit < UNITS) {
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            bias[gate] = a.b_ih[gate * UNITS + unit] + a.b_hh[gate * UNITS + unit];
        }
    }
    const size_t plane = (size_t)a.rows * UNITS; // floats of one step of one gate
    int t = a.reverse ? a.steps - 1 : 0;
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
        const int row = first + g * GROUP;
        mine[g] = part < GROUP && unit < UNITS && row < a.rows;
        at[g] = (size_t)row * UNITS + unit;
        h[g] = mine[g] && a.h_0 != nullptr ? a.h_0[at[g]] : 0.0f;
        c[g] = mine[g] && a.c_0 != nullptr ? a.c_0[at[g]] : 0.0f;
        if (mine[g]) {
            tile[(g * GROUP + part) * PITCH + unit] = h[g];
        }
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            const size_t from = (size_t)t * 4 * plane + (size_t)row * WIDE + gate * UNITS + unit;
            x[g][gate] = mine[g] ? a.gates[from] : 0.0f;
        }
    }
    __syncthreads();

    for (int s = 0; s < a.steps; s++) {
        const int next = a.reverse ? t - 1 : t + 1;
        const float *now = tile + (s & 1) * ROWS * PITCH;
        float *then = tile + (~s & 1) * ROWS * PITCH;
        // The next step's inputs are on their way while this one is computed.
        float ahead[GROUPS][4];
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
#pragma unroll
            for (int gate = 0; gate < 4; gate++) {
                const size_t from =
                    (size_t)next * 4 * plane + (size_t)(first + g * GROUP) * WIDE + gate * UNITS + unit;
                ahead[g][gate] = mine[g] && s + 1 < a.steps ? a.gates[from] : 0.0f;
            }
        }
        float sum[GROUPS][4][GROUP] = {};
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
                    *reinterpret_cast<const float4 *>(now + r * PITCH + 16 * chunk + 4 * part);
#pragma unroll
                for (int gate = 0; gate < 4; gate++) {
                    sum[r / GROUP][gate][r % GROUP] = dot(v[gate], hv, sum[r / GROUP][gate][r % GROUP]);
                }
            }
        }
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
            float pre[4];
#pragma unroll
            for (int gate = 0; gate < 4; gate++) {
                pre[gate] = x[g][gate] + bias[gate] + share<4>(sum[g][gate], 8);
                x[g][gate] = ahead[g][gate];
            }
            const float in = sigmoid(pre[0]), forget = sigmoid(pre[1]);
            const float cell = tanhf(pre[2]), out = sigmoid(pre[3]);
            c[g] = fmaf(forget, c[g], in * cell);
            h[g] = out * tanhf(c[g]);
            if (!mine[g]) {
                continue;
            }
            then[(g * GROUP + part) * PITCH + unit] = h[g];
            a.out[((size_t)t * a.rows + first + g * GROUP) * a.width + unit] = h[g];
            if (a.cells != nullptr) {
                float *gates = a.gates + (size_t)t * 4 * plane + (size_t)(first + g * GROUP) * WIDE + unit;
                gates[0] = in;
                gates[UNITS] = forget;
                gates[2 * UNITS] = cell;
                gates[3 * UNITS] = out;
                a.cells[(size_t)t * plane + at[g]] = c[g];
            }
        }
        t = next;
        __syncthreads();
    }
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
        if (mine[g]) {
            a.h_n[at[g]] = h[g];
            a.c_n[at[g]] = c[g];
        }
    }
}

// Every second lane of a warp, sixteen of them, own four units; the one with number `lane` holds
// W_hh[j, unit] for the j of every sixteenth vector of the 4H gate columns. What the product leaves
// (the gradient of the h before) is shared out so that each goes on with one unit of one row of each
// group.
extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT) lstm_backward(const Backward a) {
    extern __shared__ float4 shared[];
    float *tile = reinterpret_cast<float *>(shared); // [2][ROWS][WIDE_PITCH]: gradients of the gates
    const int lane = threadIdx.x % 32 / 2, quad = (threadIdx.x / 32 * 2 + threadIdx.x % 2) * 4;
    const int unit = quad + lane % 4, own = lane / 4;
    const int first = blockIdx.x * ROWS + own % GROUP;

    Weights w; // vector i of a chunk: W_hh[j + i] at the four units
    w.rest = shared + 2 * ROWS * WIDE_PITCH / 4;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int j = 64 * chunk + 4 * lane + i;
            w.set(chunk, i, make_float4(weight(a.w_hh, j, quad), weight(a.w_hh, j, quad + 1),
                                        weight(a.w_hh, j, quad + 2), weight(a.w_hh, j, quad + 3)));
        }
    }
    for (int i = threadIdx.x; i < 2 * ROWS * WIDE_PITCH; i += THREADS) {
        tile[i] = 0.0f;
    }
    __syncthreads();

    const size_t plane = (size_t)a.rows * UNITS;
    const int begin = a.reverse ? 0 : a.steps - 1; // the last step of the forward pass comes first
    float dh[GROUPS], dc[GROUPS], c[GROUPS], gate[GROUPS][4], before[GROUPS], dy[GROUPS];
    bool mine[GROUPS];
    size_t at[GROUPS];
    // Reads what step t owns; `past` is the step whose cell state it started from.
    auto fetch = [&](int t, int past, bool there, float (&to)[GROUPS][4], float (&cell)[GROUPS],
                     float (&grad)[GROUPS]) {
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
            const size_t row = first + g * GROUP;
            const bool load = mine[g] && there;
            const float *from = a.gates + (size_t)t * 4 * plane + row * WIDE + unit;
#pragma unroll
            for (int i = 0; i < 4; i++) {
                to[g][i] = load ? from[i * UNITS] : 0.0f;
            }
            cell[g] = 0.0f;
            if (load && past >= 0 && past < a.steps) {
                cell[g] = a.cells[(size_t)past * plane + at[g]];
            } else if (load && a.c_0 != nullptr) {
                cell[g] = a.c_0[at[g]];
            }
            const bool seen = load && a.d_out != nullptr && (!a.last_only || t == a.steps - 1);
            grad[g] = seen ? a.d_out[(long long)row * a.d_row + t * a.d_step + unit] : 0.0f;
        }
    };
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
        const int row = first + g * GROUP;
        mine[g] = own < GROUP && unit < UNITS && row < a.rows;
        at[g] = (size_t)row * UNITS + unit;
        dh[g] = mine[g] && a.d_h_n != nullptr ? a.d_h_n[at[g]] : 0.0f;
        dc[g] = mine[g] && a.d_c_n != nullptr ? a.d_c_n[at[g]] : 0.0f;
        c[g] = mine[g] ? a.cells[(size_t)begin * plane + at[g]] : 0.0f;
    }
    const int back = a.reverse ? 1 : -1;
    int t = begin;
    fetch(t, t + back, true, gate, before, dy);

    for (int s = 0; s < a.steps; s++) {
        float *now = tile + (s & 1) * ROWS * WIDE_PITCH;
        float gate_ahead[GROUPS][4], before_ahead[GROUPS], dy_ahead[GROUPS];
        fetch(t + back, t + 2 * back, s + 1 < a.steps, gate_ahead, before_ahead, dy_ahead);
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
            const float in = gate[g][0], forget = gate[g][1], cell = gate[g][2], out = gate[g][3];
            const float squashed = tanhf(c[g]), d = dh[g] + dy[g];
            dc[g] = fmaf(d * out, 1.0f - squashed * squashed, dc[g]);
            if (mine[g]) {
                const float grad[4] = {
                    dc[g] * cell * in * (1.0f - in),
                    dc[g] * before[g] * forget * (1.0f - forget),
                    dc[g] * in * (1.0f - cell * cell),
                    d * squashed * out * (1.0f - out),
                };
                float *gates = a.gates + (size_t)t * 4 * plane + (size_t)(first + g * GROUP) * WIDE + unit;
                float *row = now + (g * GROUP + own) * WIDE_PITCH + unit;
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    gates[i * UNITS] = grad[i];
                    row[i * UNITS] = grad[i];
                }
            }
            dc[g] *= forget;
            c[g] = before[g];
        }
        // One barrier a step is enough: the other half of the tile is read before the next one.
        __syncthreads();
        float sum[GROUPS][4][GROUP] = {};
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
                    *reinterpret_cast<const float4 *>(now + r * WIDE_PITCH + 64 * chunk + 4 * lane);
                float(&to)[4][GROUP] = sum[r / GROUP];
                const int i = r % GROUP;
                to[0][i] = dot(d, make_float4(v[0].x, v[1].x, v[2].x, v[3].x), to[0][i]);
                to[1][i] = dot(d, make_float4(v[0].y, v[1].y, v[2].y, v[3].y), to[1][i]);
                to[2][i] = dot(d, make_float4(v[0].z, v[1].z, v[2].z, v[3].z), to[2][i]);
                to[3][i] = dot(d, make_float4(v[0].w, v[1].w, v[2].w, v[3].w), to[3][i]);
            }
        }
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
            float row[GROUP];
#pragma unroll
            for (int r = 0; r < GROUP; r++) {
                row[r] = halve(halve(sum[g][0][r], sum[g][1][r], 2), halve(sum[g][2][r], sum[g][3][r], 2), 4);
            }
            dh[g] = share<4>(row, 8);
            before[g] = before_ahead[g];
            dy[g] = dy_ahead[g];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                gate[g][i] = gate_ahead[g][i];
            }
        }
        t += back;
    }
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
        if (mine[g]) {
            a.d_h_0[at[g]] = dh[g];
            a.d_c_0[at[g]] = dc[g];
        }
    }
}
