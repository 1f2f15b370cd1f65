//! Forward and backward of the gates: the kernels generic over the instruction set.
//!
//! Pointer arithmetic stays inside what `Kernels::{step, unstep}` asserted.

#![allow(unsafe_code)]

use super::activation::{activate, tanh};
use super::gru;
use super::operands::{Step, Unstep};
use super::simd::Simd;

/// Calls `$f::<S, R>` with R = `$n` in 1..=6.
macro_rules! with_rows {
    ($n:expr, $f:ident::<$s:ident>($($arg:expr),*)) => {
        match $n {
            1 => $f::<$s, 1>($($arg),*),
            2 => $f::<$s, 2>($($arg),*),
            3 => $f::<$s, 3>($($arg),*),
            4 => $f::<$s, 4>($($arg),*),
            5 => $f::<$s, 5>($($arg),*),
            _ => $f::<$s, 6>($($arg),*),
        }
    };
}
pub(super) use with_rows;

/// The next group's size when `left` items are cut into as few groups of at most `most` as
/// possible, nearly equal in size: 32 by 6 gives 6, 6, 5, 5, 5, 5 rather than a last group of 2.
#[inline(always)]
pub(super) fn group(left: usize, most: usize) -> usize {
    left.div_ceil(left.div_ceil(most))
}

/// # Safety
/// The instruction set exists and the lengths `Kernels::step` asserts hold.
#[inline(always)]
pub(super) unsafe fn step<S: Simd>(a: &mut Step) {
    for panel in 0..a.hidden.div_ceil(S::LANES) {
        let mut row = 0;
        while row < a.rows {
            let n = group(a.rows - row, S::ROWS);
            // SAFETY: row + n <= rows and panel < P.
            unsafe { with_rows!(n, step_tile::<S>(a, panel, row)) }
            row += n;
        }
    }
}

/// The four vectors of a quad.
#[inline(always)]
pub(super) unsafe fn quad_at<S: Simd>(p: *const f32) -> [S::V; 4] {
    let u = S::LANES;
    // SAFETY: the caller has a quad at `p`.
    unsafe { [S::load(p), S::load(p.add(u)), S::load(p.add(2 * u)), S::load(p.add(3 * u))] }
}

/// acc[r][g] += sum over k of a[r * stride + k] * w[k][g].
#[inline(always)]
unsafe fn accumulate<S: Simd, const R: usize>(
    acc: &mut [[S::V; 4]; R],
    a: *const f32,
    stride: usize,
    n: usize,
    w: *const f32,
) {
    // SAFETY: the caller has R rows of n values at `a` and n quads at `w`.
    unsafe {
        for k in 0..n {
            let q = w.add(k * 4 * S::LANES);
            let w = quad_at::<S>(q);
            for (r, acc) in acc.iter_mut().enumerate() {
                let x = S::splat(*a.add(r * stride + k));
                for (acc, w) in acc.iter_mut().zip(w) {
                    *acc = S::fma(x, w, *acc);
                }
            }
        }
    }
}

/// Activates the rows named of `$acc`, `row = place among them`. At most three at a time: twelve vectors
/// and their powers still fit in the registers. Spelt out, since an index that varies would move the
/// accumulators to memory; `% R` only quiets the arms that other R never take.
macro_rules! activate_some {
    ($acc:ident; $($row:literal = $place:literal),+) => {{
        let mut some = [$($acc[$row % R]),+];
        activate::<S, { [$($row),+].len() }>(&mut some);
        $($acc[$row % R] = some[$place];)+
    }};
}

/// R rows of one panel: all four pre-activations of U units, then the cell, in registers.
#[inline(always)]
unsafe fn step_tile<S: Simd, const R: usize>(a: &mut Step, panel: usize, row: usize) {
    let (u, quad) = (S::LANES, 4 * S::LANES);
    let wide = a.hidden.div_ceil(u) * u;
    // SAFETY: offsets are those of row < rows and panel < P in the shapes `Kernels::step` asserted.
    unsafe {
        let bias = a.bias.as_ptr().add(panel * quad);
        let start = quad_at::<S>(bias);
        let mut acc = [start; R];
        let w = a.w.as_ptr().add(panel * (a.inputs + a.hidden) * quad);
        accumulate::<S, R>(&mut acc, a.x.as_ptr().add(row * a.x_row), a.x_row, a.inputs, w);
        let (h_prev, w) = (a.h_prev.as_ptr().add(row * wide), w.add(a.inputs * quad));
        accumulate::<S, R>(&mut acc, h_prev, wide, a.hidden, w);

        let at = row * wide + panel * u;
        let c_prev = a.c_prev.map_or(a.c.as_ptr(), |c| c.as_ptr());
        let gates = a.gates.as_mut().map(|g| g.as_mut_ptr().add((panel * a.rows + row) * quad));
        if a.gru {
            let to = (a.h.as_mut_ptr().add(at), a.c.as_mut_ptr().add(at));
            return gru::cell::<S, R>(acc, c_prev.add(at), to, wide, gates);
        }
        match R {
            1 => activate_some!(acc; 0 = 0),
            2 => activate_some!(acc; 0 = 0, 1 = 1),
            3 => activate_some!(acc; 0 = 0, 1 = 1, 2 = 2),
            4 => {
                activate_some!(acc; 0 = 0, 1 = 1);
                activate_some!(acc; 2 = 0, 3 = 1);
            }
            5 => {
                activate_some!(acc; 0 = 0, 1 = 1, 2 = 2);
                activate_some!(acc; 3 = 0, 4 = 1);
            }
            _ => {
                activate_some!(acc; 0 = 0, 1 = 1, 2 = 2);
                activate_some!(acc; 3 = 0, 4 = 1, 5 = 2);
            }
        }
        let mut tanh_c = [S::splat(0.0); R];
        for r in 0..R {
            let [i, f, g, o] = acc[r];
            let c = S::fma(f, S::load(c_prev.add(at + r * wide)), S::mul(i, g));
            S::store(a.c.as_mut_ptr().add(at + r * wide), c);
            if let Some(gates) = gates {
                for (n, gate) in [i, f, g, o].into_iter().enumerate() {
                    S::store(gates.add(r * quad + n * u), gate);
                }
            }
            tanh_c[r] = c;
        }
        tanh::<S, R>(&mut tanh_c);
        for r in 0..R {
            S::store(a.h.as_mut_ptr().add(at + r * wide), S::mul(acc[r][3], tanh_c[r]));
        }
    }
}

/// Units this close to never opening are treated as closed where 1 / o is taken.
const CLOSED: f32 = 1e-30;

/// # Safety
/// The instruction set exists and the lengths `Kernels::unstep` asserts hold.
#[inline(always)]
pub(super) unsafe fn unstep<S: Simd>(a: &mut Unstep) {
    let (u, quad, panels) = (S::LANES, 4 * S::LANES, a.hidden.div_ceil(S::LANES));
    let wide = panels * u;
    // SAFETY: offsets are those of r < rows and panel < P in the shapes `Kernels::unstep` asserted;
    // `dout` rows hold H values, so the last panel is read through `partial`.
    unsafe {
        let one = S::splat(1.0);
        for panel in 0..panels {
            let units = u.min(a.hidden - panel * u);
            let dbias = a.dbias.as_mut_ptr().add(panel * quad);
            let mut sums = quad_at::<S>(dbias);
            for r in 0..a.rows {
                let at = r * wide + panel * u;
                let gates = a.gates.as_mut_ptr().add((panel * a.rows + r) * quad);
                let [i, f, g, o] = quad_at::<S>(gates);
                // The step before this one, which comes next, lies just below.
                for n in 0..4 {
                    S::prefetch(gates.wrapping_sub(4 * a.rows * wide).wrapping_add(n * u));
                }
                S::prefetch(a.c_prev.as_ptr().wrapping_add(at).wrapping_sub(a.rows * wide));
                S::prefetch(a.h.as_ptr().wrapping_add(at).wrapping_sub(a.rows * wide));
                let (c_prev, h) = (S::load(a.c_prev.as_ptr().add(at)), S::load(a.h.as_ptr().add(at)));
                let mut dh = S::load(a.dh.as_ptr().add(at));
                if let Some((dout, row)) = a.dout {
                    let from = dout.as_ptr().add(r * row + panel * u);
                    dh = S::add(dh, if units == u { S::load(from) } else { partial::<S>(from, units) });
                }
                if a.gru {
                    let dh = S::add(dh, S::load(a.dc.as_ptr().add(at)));
                    let (d, dc) = gru::uncell::<S>([i, f, g, o], c_prev, dh);
                    S::store(a.dc.as_mut_ptr().add(at), dc);
                    for (n, d) in d.into_iter().enumerate() {
                        S::store(gates.add(n * u), d);
                        sums[n] = S::add(sums[n], d);
                    }
                    continue;
                }
                // h = o tanh(c), so o (1 - tanh(c)^2) = o - h^2 / o.
                let inverse = S::recip(S::clamp(o, S::splat(CLOSED), one));
                let through = S::fnma(S::mul(h, h), inverse, o);
                let dc = S::fma(dh, through, S::load(a.dc.as_ptr().add(at)));
                let slope = |y: S::V| S::fnma(y, y, y); // y (1 - y)
                let d = [
                    S::mul(S::mul(dc, g), slope(i)),
                    S::mul(S::mul(dc, c_prev), slope(f)),
                    S::mul(S::mul(dc, i), S::fnma(g, g, one)),
                    S::mul(dh, S::fnma(h, o, h)),
                ];
                S::store(a.dc.as_mut_ptr().add(at), S::mul(dc, f));
                for (n, d) in d.into_iter().enumerate() {
                    S::store(gates.add(n * u), d);
                    sums[n] = S::add(sums[n], d);
                }
            }
            for (g, sum) in sums.into_iter().enumerate() {
                S::store(dbias.add(g * u), sum);
            }
        }
    }
}

/// The `n` < U values at `from`, then zeros.
#[inline(always)]
unsafe fn partial<S: Simd>(from: *const f32, n: usize) -> S::V {
    let mut lanes = [0.0; 16];
    // SAFETY: the caller has n values; no instruction set has more than 16 lanes.
    unsafe {
        std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), n);
        S::load(lanes.as_ptr())
    }
}

/// # Safety
/// The instruction set exists.
#[cfg(test)]
#[inline(always)]
pub(super) unsafe fn activate_all<S: Simd>(values: &mut [f32], use_tanh: bool) {
    for chunk in values.chunks_mut(S::LANES) {
        // SAFETY: loads and stores go through a full vector of lanes on the stack.
        unsafe {
            let x = partial::<S>(chunk.as_ptr(), chunk.len());
            let mut gates = [[x; 4]];
            activate::<S, 1>(&mut gates);
            let mut lanes = [0.0; 16];
            S::store(lanes.as_mut_ptr(), gates[0][if use_tanh { 2 } else { 0 }]);
            chunk.copy_from_slice(&lanes[..chunk.len()]);
        }
    }
}
