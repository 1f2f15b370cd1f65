// What the recurrent kernels share: arguments, sums over lanes, a thread's part of W_hh.
//
// Letters: N rows, T steps, H = UNITS; gates in the order i, f, g, o. Arrays are time-major.
// Constants come from the host (tiling.rs): UNITS; ROWS computed at once; TURNS, groups of so many rows
// that a cluster computes in turn; CHUNKS pieces of 16 weights that
// fall to a thread, of which KEPT lie in registers; THREADS of a block.

constexpr int WIDE = 4 * UNITS;

struct Forward {
    const float *w_hh;       // (4H, H)
    const float *b_ih, *b_hh; // (4H) each, or both null
    const float *h_0, *c_0;  // (N, H) each; null for zeros
    float *gates;            // (T, N, 4H): W_ih x on entry, activated gates on return when `cells` is given
    float *cells;            // (T, N, H), set; null when nothing is kept for a backward pass
    float *out;              // (T, N, width), set: h of every step in the first H columns
    float *h_n, *c_n;        // (N, H) each, set
    int rows, steps, width, reverse;
};

struct Backward {
    const float *w_hh;       // (4H, H)
    const float *cells;      // (T, N, H)
    const float *c_0;        // (N, H); null for zeros
    const float *d_out;      // (n, t) at n * d_row + t * d_step; null for none
    const float *d_h_n, *d_c_n; // (N, H) each; null for zeros
    float *gates;            // (T, N, 4H): activated gates on entry, gradients before activation on return
    float *d_h_0, *d_c_0;    // (N, H) each, set
    long long d_row, d_step;
    int rows, steps, reverse, last_only; // last_only: d_out belongs to step T - 1 alone
};

// The fast exponential and division, by the errors in NVIDIA's tables, leave a few 1e-7 at most; they
// take 1037 instructions a step and warp to 910 (H = 64, ROWS = 8, sm_90).
__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }

// Adds up the partner lane's share: lanes with `bit` keep b, the others a.
__device__ __forceinline__ float halve(float a, float b, int bit) {
    const bool upper = threadIdx.x & bit;
    const float keep = upper ? b : a, give = upper ? a : b;
    return keep + __shfl_xor_sync(0xffffffffu, give, bit);
}

__device__ __forceinline__ float both(float a, int bit) {
    return a + __shfl_xor_sync(0xffffffffu, a, bit);
}

// Sums each of COUNT rows over LANES neighbouring lanes whose numbers differ in `bit`, `2 * bit`, ...
// The lane gets row (lane / bit) % COUNT. The order of the additions is the same for every COUNT.
template <int LANES, int COUNT> __device__ __forceinline__ float share(const float (&row)[COUNT], int bit) {
    if constexpr (LANES == 1) {
        return row[0];
    } else if constexpr (COUNT == 1) {
        const float sum[1] = {both(row[0], bit)};
        return share<LANES / 2, 1>(sum, 2 * bit);
    } else {
        float half[COUNT / 2];
#pragma unroll
        for (int i = 0; i < COUNT / 2; i++) {
            half[i] = halve(row[2 * i], row[2 * i + 1], bit);
        }
        return share<LANES / 2, COUNT / 2>(half, 2 * bit);
    }
}

// A thread's part of W_hh: CHUNKS x 4 vectors of four floats.
struct Weights {
    float4 kept[KEPT > 0 ? KEPT : 1][4];
    float4 *rest; // [CHUNKS - KEPT][4][THREADS]

    __device__ __forceinline__ void set(int chunk, int i, float4 v) {
        if (chunk < KEPT) {
            kept[chunk < KEPT ? chunk : 0][i] = v;
        } else {
            rest[((chunk - KEPT) * 4 + i) * THREADS + threadIdx.x] = v;
        }
    }

    __device__ __forceinline__ float4 get(int chunk, int i) const {
        return chunk < KEPT ? kept[chunk < KEPT ? chunk : 0][i]
                            : rest[((chunk - KEPT) * 4 + i) * THREADS + threadIdx.x];
    }
};

__device__ __forceinline__ float weight(const float *w_hh, int row, int column) {
    return row < WIDE && column < UNITS ? w_hh[(size_t)row * UNITS + column] : 0.0f;
}

__device__ __forceinline__ float dot(float4 a, float4 b, float sum) {
    return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

