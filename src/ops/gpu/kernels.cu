// Kernels of a training step beside the LSTM: the gradients' norm, the check of the step, AdamW with
// the moving average of the weights, and dropout masks.
//
// Compiled with -fmad=false: products and sums round one by one, as on the CPU, so that an update of
// the same gradients gives the same bytes. No sum uses atomics; orders depend on the shapes alone.

// One parameter: n values, gradient g, moments m and v, average e. No gradient, no update.
struct Row {
    float *p;
    const float *g;
    float *m;
    float *v;
    float *e; // 0 without averaging
    long long n;
};

// As many as fit into the 4 KiB of a launch's arguments, with room to spare.
struct Rows {
    Row row[64];
};

#define THREADS 256
#define SLICES 64

// The sum of `mine` over the block, in thread 0.
__device__ double block_sum(double mine) {
    __shared__ double part[THREADS];
    part[threadIdx.x] = mine;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
        __syncthreads();
    }
    return part[0];
}

// Sets sums (rows, SLICES): squares of the gradients. Grid (SLICES, rows).
extern "C" __global__ void sum_squares(Rows rows, double *sums) {
    const Row r = rows.row[blockIdx.y];
    double sum = 0.0;
    if (r.g) {
        for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < r.n; i += SLICES * THREADS) {
            const double g = r.g[i];
            sum += g * g;
        }
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) sums[blockIdx.y * SLICES + blockIdx.x] = sum;
}

struct Decide {
    const double *sums; // (count)
    const float *loss;
    double *control;    // first_loss, first_steps, stopped, factor
    double *log;        // loss, norm, whether the step was taken
    double max_norm;
    double exploded; // a loss of this many times the first epoch's mean has exploded
    double least;    // the least mean that counts
    long long count;
    int first_epoch;
};

// Whether the step may be taken, and what its gradients are scaled by. After a step that may not,
// none may. One block.
extern "C" __global__ void decide(Decide a) {
    double sum = 0.0;
    for (long long i = threadIdx.x; i < a.count; i += THREADS) sum += a.sums[i];
    sum = block_sum(sum);
    if (threadIdx.x != 0) return;
    const double loss = *a.loss, norm = sqrt(sum);
    const double first_loss = a.control[0], first_steps = a.control[1];
    double limit = 1.0 / 0.0;
    if (first_steps > 0.0) {
        const double mean = first_loss / first_steps;
        limit = a.exploded * (mean > a.least ? mean : a.least);
    }
    // Comparisons with NaN are false.
    const bool fine = loss <= limit && loss - loss == 0.0 && norm - norm == 0.0;
    const bool taken = fine && a.control[2] == 0.0;
    if (taken) {
        if (a.first_epoch) {
            a.control[0] = first_loss + loss;
            a.control[1] = first_steps + 1.0;
        }
        const double factor = a.max_norm / (norm + 1e-6);
        a.control[3] = factor < 1.0 ? factor : 1.0;
    } else {
        a.control[2] = 1.0;
    }
    a.log[0] = loss;
    a.log[1] = norm;
    a.log[2] = taken ? 1.0 : 0.0;
}

struct Update {
    const double *control;
    float keep;
    float blend1;
    float beta2;
    float blend2;
    float step_size;
    float root_correction2;
    float eps;
    float average; // e becomes average * e + (1 - average) * p
};

// Updates p, m, v and e in place, unless the training has stopped. Grid (SLICES, rows).
extern "C" __global__ void adamw(Rows rows, Update u) {
    if (u.control[2] != 0.0) return;
    const float factor = (float)u.control[3];
    const Row r = rows.row[blockIdx.y];
    for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < r.n; i += SLICES * THREADS) {
        float p = r.p[i];
        if (r.g) {
            const float g = r.g[i] * factor;
            float m = r.m[i], v = r.v[i];
            m += (g - m) * u.blend1;
            v = v * u.beta2 + u.blend2 * g * g;
            const float denominator = sqrtf(v) / u.root_correction2 + u.eps;
            p = p * u.keep - u.step_size * (m / denominator);
            r.m[i] = m;
            r.v[i] = v;
            r.p[i] = p;
        }
        if (r.e) r.e[i] = u.average * r.e[i] + (1.0f - u.average) * p;
    }
}

struct Mask {
    float *out;
    long long count;
    unsigned key[8];
    unsigned stream[2];
    float share;
    float keep;
};

__device__ void quarter(unsigned &a, unsigned &b, unsigned &c, unsigned &d) {
    a += b; d ^= a; d = d << 16 | d >> 16;
    c += d; b ^= c; b = b << 12 | b >> 20;
    a += b; d ^= a; d = d << 8 | d >> 24;
    c += d; b ^= c; b = b << 7 | b >> 25;
}

// Sets out: 0 with probability `share`, else `keep`; drawn from ChaCha8 (Bernstein 2008) as
// `init::dropout_mask` draws them, a thread making the 16 words of one block.
extern "C" __global__ void dropout_mask(Mask a) {
    const long long blocks = (a.count + 15) / 16;
    for (long long b = (long long)blockIdx.x * blockDim.x + threadIdx.x; b < blocks;
         b += (long long)gridDim.x * blockDim.x) {
        unsigned start[16] = {0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u, a.key[0], a.key[1],
                              a.key[2], a.key[3], a.key[4], a.key[5], a.key[6], a.key[7],
                              (unsigned)b, (unsigned)(b >> 32), a.stream[0], a.stream[1]};
        unsigned x[16];
        for (int i = 0; i < 16; i++) x[i] = start[i];
        for (int round = 0; round < 4; round++) {
            quarter(x[0], x[4], x[8], x[12]);
            quarter(x[1], x[5], x[9], x[13]);
            quarter(x[2], x[6], x[10], x[14]);
            quarter(x[3], x[7], x[11], x[15]);
            quarter(x[0], x[5], x[10], x[15]);
            quarter(x[1], x[6], x[11], x[12]);
            quarter(x[2], x[7], x[8], x[13]);
            quarter(x[3], x[4], x[9], x[14]);
        }
        for (int i = 0; i < 16; i++) {
            const long long at = 16 * b + i;
            if (at < a.count) {
                const float uniform = (float)((x[i] + start[i]) >> 8) * (1.0f / 16777216.0f);
                a.out[at] = uniform < a.share ? 0.0f : a.keep;
            }
        }
    }
}
