//! What each of the four kernels reads and writes.
//!
//! U is the number of lanes, P = ceil(H / U) the number of panels of units, Hp = P * U, K the number
//! of inputs and hidden units read. A panel's "quad" is 4U values: U units' gate i, then f, g, o.

/// One time step of one layer and direction, forward, over a block of rows.
pub struct Step<'a> {
    /// Whether the four sums are those of a GRU.
    pub gru: bool,
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
    /// Whether the gates are those of a GRU.
    pub gru: bool,
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
