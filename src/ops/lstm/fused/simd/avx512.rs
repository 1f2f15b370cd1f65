//! AVX-512F: 16 lanes, 32 registers.

use std::arch::x86_64::*;

use super::{ROUND, Simd};

/// See the module.
#[derive(Clone, Copy)]
pub struct Avx512;

// SAFETY (every block): the trait's contract gives AVX-512F and valid pointers.
impl Simd for Avx512 {
    const LANES: usize = 16;
    const ROWS: usize = 6;
    type V = __m512;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::V {
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::V) {
        unsafe { _mm512_storeu_ps(to, v) }
    }
    #[inline(always)]
    unsafe fn prefetch(from: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn fnma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn clamp(v: Self::V, low: Self::V, high: Self::V) -> Self::V {
        // min and max return their second operand when either is NaN.
        unsafe { _mm512_min_ps(high, _mm512_max_ps(low, v)) }
    }
    #[inline(always)]
    unsafe fn recip(v: Self::V) -> Self::V {
        // 14 bits, then one Newton step.
        unsafe {
            let y = _mm512_rcp14_ps(v);
            _mm512_fmadd_ps(y, _mm512_fnmadd_ps(v, y, _mm512_set1_ps(1.0)), y)
        }
    }
    #[inline(always)]
    unsafe fn split_exponent(t: Self::V) -> (Self::V, Self::V) {
        unsafe {
            let shifted = _mm512_add_ps(t, _mm512_set1_ps(ROUND));
            let rest = _mm512_sub_ps(t, _mm512_sub_ps(shifted, _mm512_set1_ps(ROUND)));
            let power = _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted));
            (rest, _mm512_castsi512_ps(_mm512_add_epi32(power, _mm512_set1_epi32(0x3f80_0000))))
        }
    }
}
