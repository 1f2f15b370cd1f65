//! AVX2 with FMA: 8 lanes, 16 registers.

use std::arch::x86_64::*;

use super::{ROUND, Simd};

/// See the module.
#[derive(Clone, Copy)]
pub struct Avx2;

// SAFETY (every block): the trait's contract gives AVX2 and FMA, and valid pointers.
impl Simd for Avx2 {
    const LANES: usize = 8;
    const ROWS: usize = 3;
    type V = __m256;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::V {
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::V) {
        unsafe { _mm256_storeu_ps(to, v) }
    }
    #[inline(always)]
    unsafe fn prefetch(from: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn fnma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { _mm256_fnmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn clamp(v: Self::V, low: Self::V, high: Self::V) -> Self::V {
        // min and max return their second operand when either is NaN.
        unsafe { _mm256_min_ps(high, _mm256_max_ps(low, v)) }
    }
    #[inline(always)]
    unsafe fn recip(v: Self::V) -> Self::V {
        unsafe { _mm256_div_ps(_mm256_set1_ps(1.0), v) }
    }
    #[inline(always)]
    unsafe fn split_exponent(t: Self::V) -> (Self::V, Self::V) {
        unsafe {
            let shifted = _mm256_add_ps(t, _mm256_set1_ps(ROUND));
            let rest = _mm256_sub_ps(t, _mm256_sub_ps(shifted, _mm256_set1_ps(ROUND)));
            let power = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted));
            (rest, _mm256_castsi256_ps(_mm256_add_epi32(power, _mm256_set1_epi32(0x3f80_0000))))
        }
    }
}
