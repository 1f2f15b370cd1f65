// Elementwise kernels around the recurrence, and its pointwise half for H that does not fit on the
// chip (the products are then cuBLAS's). Every kernel walks its elements with a stride of the whole
// grid, so any grid is right. Nothing here adds with atomics: sums have one fixed order.

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ __forceinline__ long long thread_at() {
    return (long long)blockIdx.x * blockDim.x + threadIdx.x;
}

__device__ __forceinline__ long long thread_count() { return (long long)gridDim.x * blockDim.x; }

struct Step {
    const float *b_ih, *b_hh; // (4H) each, or both null
    const float *c_before;    // (N, H); null for zeros
    float *gates;             // (N, 4H): W_ih x + W_hh h on entry, activated gates on return when `keep`
    float *c;                 // (N, H), set; may be c_before
    float *h;                 // (N, width), first H columns set
    float *h_n, *c_n;         // (N, H) each, set when given
    int rows, units, width, keep;
};

extern "C" __global__ void lstm_step(const Step a) {
    for (long long i = thread_at(); i < (long long)a.rows * a.units; i += thread_count()) {
        const long long row = i / a.units;
        const int unit = i % a.units;
        float *gates = a.gates + row * 4 * a.units + unit;
        float pre[4];
        for (int gate = 0; gate < 4; gate++) {
            const int at = gate * a.units + unit;
            pre[gate] = gates[gate * a.units] + (a.b_ih != nullptr ? a.b_ih[at] + a.b_hh[at] : 0.0f);
        }
        const float in = sigmoid(pre[0]), forget = sigmoid(pre[1]);
        const float cell = tanhf(pre[2]), out = sigmoid(pre[3]);
        const float c = fmaf(forget, a.c_before != nullptr ? a.c_before[i] : 0.0f, in * cell);
        const float h = out * tanhf(c);
        a.c[i] = c;
        a.h[row * a.width + unit] = h;
        if (a.keep) {
            gates[0] = in;
            gates[a.units] = forget;
            gates[2 * a.units] = cell;
            gates[3 * a.units] = out;
        }
        if (a.h_n != nullptr) {
            a.h_n[i] = h;
            a.c_n[i] = c;
        }
    }
}

struct StepBack {
    const float *c, *c_before; // (N, H) each; c_before null for zeros
    const float *d_out;        // (n) at n * d_row; null for none
    const float *dh;           // (N, H): gradient of h from the step after; null for zeros
    float *dc;                 // (N, H): += through this step's output, then scaled for the step before
    float *gates;              // (N, 4H): activated gates on entry, gradients before activation on return
    long long d_row;
    int rows, units;
};

extern "C" __global__ void lstm_step_back(const StepBack a) {
    for (long long i = thread_at(); i < (long long)a.rows * a.units; i += thread_count()) {
        const long long row = i / a.units;
        const int unit = i % a.units;
        float *gates = a.gates + row * 4 * a.units + unit;
        const float in = gates[0], forget = gates[a.units];
        const float cell = gates[2 * a.units], out = gates[3 * a.units];
        const float squashed = tanhf(a.c[i]);
        const float d = (a.dh != nullptr ? a.dh[i] : 0.0f) +
                        (a.d_out != nullptr ? a.d_out[row * a.d_row + unit] : 0.0f);
        const float dc = fmaf(d * out, 1.0f - squashed * squashed, a.dc[i]);
        gates[0] = dc * cell * in * (1.0f - in);
        gates[a.units] = dc * (a.c_before != nullptr ? a.c_before[i] : 0.0f) * forget * (1.0f - forget);
        gates[2 * a.units] = dc * in * (1.0f - cell * cell);
        gates[3 * a.units] = d * squashed * out * (1.0f - out);
        a.dc[i] = dc * forget;
    }
}

struct Swap {
    const float *from; // (outer, inner, width)
    float *to;         // (inner, outer, width), set
    long long outer, inner, width;
};

template <typename Index> __device__ __forceinline__ void swap(const Swap a) {
    const Index all = a.outer * a.inner * a.width, width = a.width, rows = a.outer;
    for (Index i = thread_at(); i < all; i += thread_count()) {
        const Index line = i / width, column = i % width;
        const Index inner = line / rows, outer = line % rows;
        a.to[i] = a.from[((size_t)outer * a.inner + inner) * a.width + column];
    }
}

// Divisions of 32 bits are several times faster; 2^31 leaves room for the stride of the grid.
extern "C" __global__ void swap_outer(const Swap a) {
    if (a.outer * a.inner * a.width < 1ll << 31) {
        swap<unsigned>(a);
    } else {
        swap<unsigned long long>(a);
    }
}

struct Dropout {
    const float *from; // (T, N, width)
    float *to;         // (T, N, width), set; may be `from`
    unsigned long long seed, layer;
    long long steps, rows;
    int width;
    unsigned threshold;
    float scale;
};

// The mask of ../dropout.rs, in the same integers: one warp a line of one row and step.
extern "C" __global__ void dropout(const Dropout a) {
    const int lane = threadIdx.x % 32;
    for (long long line = thread_at() / 32; line < a.steps * a.rows; line += thread_count() / 32) {
        const unsigned long long words[3] = {a.layer, (unsigned long long)(line % a.rows),
                                             (unsigned long long)(line / a.rows)};
        unsigned long long z = a.seed;
        for (int i = 0; i < 3; i++) {
            z += (words[i] + 1) * 0x9e3779b97f4a7c15ull;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
            z ^= z >> 31;
        }
        const unsigned start = (unsigned)z, salt = (unsigned)(z >> 32);
        for (int unit = lane; unit < a.width; unit += 32) {
            unsigned bits = (start + (unsigned)unit * 0x9e3779b9u) ^ salt;
            bits = (bits ^ (bits >> 16)) * 0x85ebca6bu;
            bits = (bits ^ (bits >> 13)) * 0xc2b2ae35u;
            bits ^= bits >> 16;
            const long long at = line * a.width + unit;
            a.to[at] = a.from[at] * (bits < a.threshold ? 0.0f : a.scale);
        }
    }
}

struct Columns {
    const float *from; // (lines, width)
    float *to;         // (slices, width), set: sums over `each` lines
    long long lines, each;
    int width;
};

// Blocks of 32 columns x 8 lines; blockIdx = (columns, slice).
extern "C" __global__ void column_sums(const Columns a) {
    __shared__ float part[8][33];
    const int column = blockIdx.x * 32 + threadIdx.x;
    const long long begin = blockIdx.y * a.each;
    const long long end = begin + a.each < a.lines ? begin + a.each : a.lines;
    float sum = 0.0f;
    if (column < a.width) {
        for (long long line = begin + threadIdx.y; line < end; line += 8) {
            sum += a.from[line * a.width + column];
        }
    }
    part[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < a.width) {
        for (int i = 1; i < 8; i++) {
            sum += part[i][threadIdx.x];
        }
        a.to[(long long)blockIdx.y * a.width + column] = sum;
    }
}
