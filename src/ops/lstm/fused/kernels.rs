//! The four kernels of the fused engine as safe calls, and the choice of instruction set.
//!
//! U is the number of lanes, P = ceil(H / U) the number of panels of units, Hp = P * U, K the number
//! of inputs and hidden units read. A panel's "quad" is 4U values: U units' gate i, then f, g, o.
//! Each call checks that its slices are long enough for what the kernel touches; the kernels then
//! work on raw pointers.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};

use super::operands::{Outer, Product, Step, Unstep};
use super::simd::{Simd, scalar::Scalar};
use super::{gates, products};

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
                unsafe { products::product::<$simd>(a) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn outer(a: &mut Outer) {
                unsafe { products::outer::<$simd>(a) }
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
