// Distributed shared memory of a thread block cluster (compute capability 9.0 and above).

constexpr int CLUSTER = 8; // blocks; the most that every such device grants

// Stores to the place in block `rank`'s shared memory that `local` names in one's own.
__device__ __forceinline__ void store_to(float *local, int rank, float4 v) {
    const unsigned at = (unsigned)__cvta_generic_to_shared(local);
    asm volatile("{\n\t.reg .u32 there;\n\tmapa.shared::cluster.u32 there, %0, %1;\n\t"
                 "st.shared::cluster.v4.f32 [there], {%2, %3, %4, %5};\n\t}" ::"r"(at), "r"(rank), "f"(v.x),
                 "f"(v.y), "f"(v.z), "f"(v.w)
                 : "memory");
}

// A barrier of all threads of the cluster in two halves: what a thread stored before it arrives is
// seen by everybody who has waited.
__device__ __forceinline__ void cluster_arrive() {
    asm volatile("barrier.cluster.arrive.release;" ::: "memory");
}

__device__ __forceinline__ void cluster_wait() { asm volatile("barrier.cluster.wait.acquire;" ::: "memory"); }

