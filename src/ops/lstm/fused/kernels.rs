//! The four kernels of the fused engine as safe calls, and the choice of instruction set.
//!
//! U is the number of lanes, P = ceil(H / U) the number of panels of units, Hp = P * U, K the number
//! of inputs and hidden units read. A panel's "quad" is 4U values: U units' gate i, then f, g, o.
//! Each call checks that its slices are long enough for what the kernel touches; the kernels then
//! work on raw pointers.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::simd::{Simd, scalar::Scalar};
use super::{back, gates};

/// One time step of one layer and direction, forward, over a block of rows.
pub struct Step<'a> {
    pub rows: usize,
    /// Width of x, and H.
    pub inputs: usize,
    pub hidden: usize,
    /// Row r of x_t begins at `x[r * x_row]`.
    pub x: &'a [f32],
    pub x_row: usize,
    /// h_{t-1} (rows, Hp).
    pub h_prev: &'a [f32],
    /// c_{t-1} (rows, Hp); absent when it already lies in `c`.
    pub c_prev: Option<&'a [f32]>,
    /// (P, K, quad) and (P, quad).
    pub w: &'a [f32],
    pub bias: &'a [f32],
    /// h_t and c_t (rows, Hp), set.
    pub h: &'a mut [f32],
    pub c: &'a mut [f32],
    /// Activated gates (P, rows, quad), set.
    pub gates: Option<&'a mut [f32]>,
}

/// The elementwise part of one step backward: gates become gradients of the pre-activations.
pub struct Unstep<'a> {
    pub rows: usize,
    pub hidden: usize,
    /// Gradient of h_t from step t + 1 (rows, Hp).
    pub dh: &'a [f32],
    /// Gradient of h_t from outside: row r begins at `dout.0[r * dout.1]`, H values.
    pub dout: Option<(&'a [f32], usize)>,
    /// Gradient of c_t in, of c_{t-1} out (rows, Hp).
    pub dc: &'a mut [f32],
    pub c_prev: &'a [f32],
    pub h: &'a [f32],
    /// (P, rows, quad), replaced.
    pub gates: &'a mut [f32],
    /// (P, quad), added to.
    pub dbias: &'a mut [f32],
}

/// `out` (rows, columns) = (or +=) gradients (P, rows, quad) x weights.
pub struct Product<'a> {
    pub rows: usize,
    pub panels: usize,
    /// A multiple of U; also the row stride of `out`.
    pub columns: usize,
    pub d: &'a [f32],
    /// Column panels of up to 4U columns, each (P * quad, its columns).
    pub w: &'a [f32],
    pub out: &'a mut [f32],
    pub add: bool,
}

/// `dw[p, first..first + width, quad]` += sum over steps and rows of a x gradients.
pub struct Outer<'a> {
    pub steps: usize,
    pub rows: usize,
    pub panels: usize,
    pub width: usize,
    /// Element k of row r at the s-th step lies at `a[a_start + s * a_step + r * a_row + k]`.
    pub a: &'a [f32],
    pub a_start: usize,
    pub a_step: isize,
    pub a_row: usize,
    /// Gradients (steps, P, rows, quad).
    pub d: &'a [f32],
    /// (P, k_total, quad).
    pub dw: &'a mut [f32],
    pub first: usize,
    pub k_total: usize,
}

/// The kernels compiled for one instruction set.
pub struct Kernels {
    name: &'static str,
    lanes: usize,
    step: unsafe fn(&mut Step),
    unstep: unsafe fn(&mut Unstep),
    product: unsafe fn(&mut Product),
    outer: unsafe fn(&mut Outer),
    #[cfg(test)]
    activate: unsafe fn(&mut [f32], bool),
}

impl Kernels {
    /// `avx512`, `avx2`, `neon` or `scalar`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// U.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    pub fn step(&self, mut a: Step) {
        let panels = a.hidden.div_ceil(self.lanes);
        let (wide, quad, k) = (panels * self.lanes, 4 * self.lanes, a.inputs + a.hidden);
        assert!(a.rows > 0 && a.x.len() >= (a.rows - 1) * a.x_row + a.inputs);
        assert!(a.h_prev.len() >= a.rows * wide && a.h.len() >= a.rows * wide && a.c.len() >= a.rows * wide);
        assert!(a.c_prev.is_none_or(|c| c.len() >= a.rows * wide));
        assert!(a.w.len() >= panels * k * quad && a.bias.len() >= panels * quad);
        assert!(a.gates.as_ref().is_none_or(|g| g.len() >= panels * a.rows * quad));
        // SAFETY: the lengths above are all the kernel touches; `select` checked the instruction set.
        unsafe { (self.step)(&mut a) }
    }

    pub fn unstep(&self, mut a: Unstep) {
        let panels = a.hidden.div_ceil(self.lanes);
        let (wide, quad) = (a.rows * panels * self.lanes, 4 * self.lanes);
        assert!(a.rows > 0 && a.dh.len() >= wide && a.dc.len() >= wide);
        assert!(a.c_prev.len() >= wide && a.h.len() >= wide);
        assert!(a.dout.is_none_or(|(d, row)| d.len() >= (a.rows - 1) * row + a.hidden));
        assert!(a.gates.len() >= panels * a.rows * quad && a.dbias.len() >= panels * quad);
        // SAFETY: as in `step`.
        unsafe { (self.unstep)(&mut a) }
    }

    pub fn product(&self, mut a: Product) {
        let depth = a.panels * 4 * self.lanes;
        assert!(a.columns.is_multiple_of(self.lanes) && a.d.len() >= a.rows * depth);
        assert!(a.w.len() >= depth * a.columns && a.out.len() >= a.rows * a.columns);
        // SAFETY: as in `step`.
        unsafe { (self.product)(&mut a) }
    }

    pub fn outer(&self, mut a: Outer) {
        let quad = 4 * self.lanes;
        assert!(a.steps > 0 && a.rows > 0 && a.first + a.width <= a.k_total);
        let end = a.a_start as isize + (a.steps - 1) as isize * a.a_step;
        let last_row = (a.rows - 1) * a.a_row + a.width;
        assert!(end >= 0 && a.a_start.max(end as usize) + last_row <= a.a.len());
        assert!(a.d.len() >= a.steps * a.panels * a.rows * quad);
        assert!(a.dw.len() >= a.panels * a.k_total * quad);
        // SAFETY: as in `step`; the first and last step bound every step's offset.
        unsafe { (self.outer)(&mut a) }
    }

    /// sigmoid or tanh of every value, for tests of the formulas.
    #[cfg(test)]
    pub fn activate(&self, values: &mut [f32], tanh: bool) {
        // SAFETY: `select` checked the instruction set.
        unsafe { (self.activate)(values, tanh) }
    }
}

/// Instantiates the kernels inside functions that have the target feature.
macro_rules! instantiate {
    ($module:ident, $simd:ty, $name:literal $(, $feature:literal)?) => {
        mod $module {
            use super::*;
            // SAFETY (all): called through `Kernels`, which checks lengths and instruction set.
            $(#[target_feature(enable = $feature)])?
            unsafe fn step(a: &mut Step) {
                unsafe { gates::step::<$simd>(a) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn unstep(a: &mut Unstep) {
                unsafe { gates::unstep::<$simd>(a) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn product(a: &mut Product) {
                unsafe { back::product::<$simd>(a) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn outer(a: &mut Outer) {
                unsafe { back::outer::<$simd>(a) }
            }
            #[cfg(test)]
            $(#[target_feature(enable = $feature)])?
            unsafe fn activate(values: &mut [f32], tanh: bool) {
                unsafe { gates::activate_all::<$simd>(values, tanh) }
            }
            pub static KERNELS: Kernels = Kernels {
                name: $name,
                lanes: <$simd as Simd>::LANES,
                step,
                unstep,
                product,
                outer,
                #[cfg(test)]
                activate,
            };
        }
    };
}

instantiate!(scalar_kernels, Scalar, "scalar");
#[cfg(target_arch = "x86_64")]
instantiate!(avx2_kernels, super::super::simd::avx2::Avx2, "avx2", "avx2,fma");
#[cfg(target_arch = "x86_64")]
instantiate!(avx512_kernels, super::super::simd::avx512::Avx512, "avx512", "avx512f,avx2,fma");
#[cfg(target_arch = "aarch64")]
instantiate!(neon_kernels, super::super::simd::neon::Neon, "neon", "neon");

/// Every set of kernels this machine can run, the fastest first.
pub fn available() -> Vec<&'static Kernels> {
    let mut found = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            found.push(&avx512_kernels::KERNELS);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            found.push(&avx2_kernels::KERNELS);
        }
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("neon") {
        found.push(&neon_kernels::KERNELS);
    }
    found.push(&scalar_kernels::KERNELS);
    found
}

/// 0 until chosen, then 1 + the index in [`available`].
static CHOICE: AtomicUsize = AtomicUsize::new(0);

/// The kernels to use: what `LSTM_FORECAST_SIMD` names if the machine has it, else the fastest.
pub fn select() -> &'static Kernels {
    let found = available();
    let mut choice = CHOICE.load(Ordering::Relaxed);
    if choice == 0 {
        let wish = std::env::var("LSTM_FORECAST_SIMD").unwrap_or_default();
        choice = 1 + found.iter().position(|k| k.name == wish).unwrap_or(0);
        CHOICE.store(choice, Ordering::Relaxed);
    }
    found[(choice - 1).min(found.len() - 1)]
}

/// Makes [`select`] return the kernels called `name`; false when the machine lacks them.
pub fn force(name: &str) -> bool {
    let at = available().iter().position(|k| k.name == name);
    if let Some(at) = at {
        CHOICE.store(at + 1, Ordering::Relaxed);
    }
    at.is_some()
}
