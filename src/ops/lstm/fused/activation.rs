//! sigmoid and tanh on vectors, within 5e-7 of the exact value everywhere.
//!
//! Both rest on 2^t = 2^n (1 + r q(r)), r = t - n in [-1/2, 1/2], where q is the minimax polynomial
//! of (2^r - 1) / r of degree 4: relative error 4.7e-7 of q with its coefficients in f32, fitted
//! by Lawson's weighted least squares. Keeping 2^r - 1 as r q(r) leaves tanh accurate next to zero.

use super::simd::Simd;

/// q, lowest power first.
const Q: [f32; 5] = [0.693_147_1, 0.240_223_5, 0.055_505, 0.009_666_245, 0.001_333_353_8];
const LOG2_E: f32 = std::f32::consts::LOG2_E;

/// (2^r - 1 with r in [-1/2, 1/2], 2^n) for t = n + r in [-126, 126].
#[inline(always)]
unsafe fn exp2_parts<S: Simd>(t: S::V) -> (S::V, S::V) {
    // SAFETY: only arithmetic; the caller has the instruction set.
    unsafe {
        let (r, power) = S::split_exponent(t);
        let mut q = S::splat(Q[4]);
        for c in [Q[3], Q[2], Q[1], Q[0]] {
            q = S::fma(q, r, S::splat(c));
        }
        (S::mul(q, r), power)
    }
}

/// 1 / (1 + e^-x): 0 at -inf, 1 at +inf, NaN at NaN.
///
/// # Safety
/// The instruction set of `S` must exist.
#[inline(always)]
pub unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    // SAFETY: only arithmetic.
    unsafe {
        let t = S::clamp(S::mul(x, S::splat(-LOG2_E)), S::splat(-126.0), S::splat(125.0));
        let (m, power) = exp2_parts::<S>(t);
        let y = S::recip(S::add(S::fma(m, power, power), S::splat(1.0)));
        // The clamp leaves 2^-125 where the value is 0; subtracting it changes nothing else.
        S::sub(y, S::splat(FLOOR))
    }
}

/// 2^-125.
const FLOOR: f32 = f32::from_bits(2 << 23);

/// (e^2x - 1) / (e^2x + 1): -1 at -inf, 1 at +inf, NaN at NaN, x next to zero.
///
/// # Safety
/// The instruction set of `S` must exist.
#[inline(always)]
pub unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    // SAFETY: only arithmetic.
    unsafe {
        // 2 log2(e) * 10.4 = 30: there the quotient is 1 in f32.
        let t = S::clamp(S::mul(x, S::splat(2.0 * LOG2_E)), S::splat(-30.0), S::splat(30.0));
        let (m, power) = exp2_parts::<S>(t);
        let minus_one = S::fma(m, power, S::sub(power, S::splat(1.0)));
        S::mul(minus_one, S::recip(S::add(minus_one, S::splat(2.0))))
    }
}
