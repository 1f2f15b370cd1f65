//! sigmoid and tanh on vectors, within 5e-7 of the exact value everywhere.
//!
//! Both rest on 2^t = 2^n (1 + r q(r)), r = t - n in [-1/2, 1/2], where q is the minimax polynomial
//! of (2^r - 1) / r of degree 4: relative error 4.7e-7 of q with its coefficients in f32, fitted
//! by Lawson's weighted least squares. Keeping 2^r - 1 as r q(r) leaves tanh accurate next to zero.

#![allow(unsafe_code)]

use super::simd::Simd;

/// q, lowest power first.
const Q: [f32; 5] = [std::f32::consts::LN_2, 0.240_223_5, 0.055_505, 0.009_666_245, 0.001_333_353_8];
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// 2^-125.
const FLOOR: f32 = f32::from_bits(2 << 23);

/// x in units of the exponent, cut off where sigmoid is 0 or 1: t = -x log2(e).
#[inline(always)]
unsafe fn sigmoid_exponent<S: Simd>(x: S::V) -> S::V {
    // SAFETY (here and below): only arithmetic; the caller has the instruction set.
    unsafe { S::clamp(S::mul(x, S::splat(-LOG2_E)), S::splat(-126.0), S::splat(125.0)) }
}

/// t = 2 x log2(e), cut off at 30, where tanh is 1 in f32.
#[inline(always)]
unsafe fn tanh_exponent<S: Simd>(x: S::V) -> S::V {
    unsafe { S::clamp(S::mul(x, S::splat(2.0 * LOG2_E)), S::splat(-30.0), S::splat(30.0)) }
}

/// 2^r - 1 for r in [-1/2, 1/2].
#[inline(always)]
unsafe fn exp2_less_one<S: Simd>(r: S::V) -> S::V {
    unsafe {
        let q = S::fma(S::splat(Q[4]), r, S::splat(Q[3]));
        let q = S::fma(q, r, S::splat(Q[2]));
        let q = S::fma(q, r, S::splat(Q[1]));
        S::mul(S::fma(q, r, S::splat(Q[0])), r)
    }
}

/// 1 / (1 + 2^t) from t's parts.
#[inline(always)]
unsafe fn sigmoid_finish<S: Simd>(m: S::V, power: S::V) -> S::V {
    unsafe {
        let y = S::recip(S::add(S::fma(m, power, power), S::splat(1.0)));
        // The cut-off leaves 2^-125 where the value is 0; subtracting it changes nothing else.
        S::sub(y, S::splat(FLOOR))
    }
}

/// (2^t - 1) / (2^t + 1) from t's parts.
#[inline(always)]
unsafe fn tanh_finish<S: Simd>(m: S::V, power: S::V) -> S::V {
    unsafe {
        let e = S::fma(m, power, S::sub(power, S::splat(1.0)));
        S::mul(e, S::recip(S::add(e, S::splat(2.0))))
    }
}

/// Pre-activations i, f, g, o of R rows become gates: 0 at -inf, 1 at +inf and NaN at NaN for
/// sigmoid (i, f, o); -1, 1, NaN and x next to zero for tanh (g).
///
/// Written stage by stage over all 4R vectors: one formula after the other is a chain of some twenty
/// dependent operations, and no scheduler looks far enough ahead to fill the machine with them.
///
/// # Safety
/// The instruction set of `S` must exist.
#[inline(always)]
pub unsafe fn activate<S: Simd, const R: usize>(gates: &mut [[S::V; 4]; R]) {
    unsafe {
        let zero = S::splat(0.0);
        let mut powers = [[zero; 4]; R];
        for (gate, power) in gates.iter_mut().zip(&mut powers) {
            for (n, (x, power)) in gate.iter_mut().zip(power).enumerate() {
                let t = if n == 2 { tanh_exponent::<S>(*x) } else { sigmoid_exponent::<S>(*x) };
                (*x, *power) = S::split_exponent(t);
            }
        }
        for gate in gates.iter_mut() {
            for r in gate {
                *r = exp2_less_one::<S>(*r);
            }
        }
        for (gate, power) in gates.iter_mut().zip(&powers) {
            for (n, (m, &p)) in gate.iter_mut().zip(power).enumerate() {
                *m = if n == 2 { tanh_finish::<S>(*m, p) } else { sigmoid_finish::<S>(*m, p) };
            }
        }
    }
}

/// sigmoid of R vectors, stage by stage.
///
/// # Safety
/// The instruction set of `S` must exist.
#[inline(always)]
pub unsafe fn sigmoid<S: Simd, const R: usize>(v: &mut [S::V; R]) {
    unsafe {
        let mut powers = [S::splat(0.0); R];
        for (v, power) in v.iter_mut().zip(&mut powers) {
            (*v, *power) = S::split_exponent(sigmoid_exponent::<S>(*v));
        }
        for v in v.iter_mut() {
            *v = exp2_less_one::<S>(*v);
        }
        for (v, power) in v.iter_mut().zip(powers) {
            *v = sigmoid_finish::<S>(*v, power);
        }
    }
}

/// tanh of R vectors, stage by stage.
///
/// # Safety
/// The instruction set of `S` must exist.
#[inline(always)]
pub unsafe fn tanh<S: Simd, const R: usize>(v: &mut [S::V; R]) {
    unsafe {
        let mut powers = [S::splat(0.0); R];
        for (v, power) in v.iter_mut().zip(&mut powers) {
            (*v, *power) = S::split_exponent(tanh_exponent::<S>(*v));
        }
        for v in v.iter_mut() {
            *v = exp2_less_one::<S>(*v);
        }
        for (v, power) in v.iter_mut().zip(powers) {
            *v = tanh_finish::<S>(*v, power);
        }
    }
}
