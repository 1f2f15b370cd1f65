//! Where everything lies: sizes of the packed weights, of a block's saved activations, and how the
//! batch is cut into blocks of rows.

use super::super::LstmShape;

/// One call's geometry. U lanes, P panels of units, Hp = P * U (see [`super::kernels`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    pub shape: LstmShape,
    /// N and T.
    pub rows: usize,
    pub steps: usize,
    /// U.
    pub lanes: usize,
    /// Rows in a block; the last one may have fewer.
    pub block: usize,
    /// Share of units dropped between layers.
    pub dropout: f32,
    pub seed: u64,
}

/// Rows in a block of a batch of `rows`. A function of the shape alone, never of the number of
/// threads: weight gradients are summed block by block.
fn block_rows(rows: usize) -> usize {
    let most = 48;
    let least = if rows >= 8 { 2 } else { 1 };
    rows.div_ceil(rows.div_ceil(most).max(least))
}

impl Geometry {
    pub fn new(shape: &LstmShape, rows: usize, steps: usize, lanes: usize, dropout: f32, seed: u64) -> Self {
        Self { shape: *shape, rows, steps, lanes, block: block_rows(rows), dropout, seed }
    }

    pub fn blocks(&self) -> usize {
        self.rows.div_ceil(self.block)
    }

    /// First row and number of rows of a block.
    pub fn block_at(&self, block: usize) -> (usize, usize) {
        let first = block * self.block;
        (first, self.block.min(self.rows - first))
    }

    /// D.
    pub fn directions(&self) -> usize {
        self.shape.directions()
    }

    /// L * D.
    pub fn cells(&self) -> usize {
        self.shape.num_layers * self.directions()
    }

    pub fn hidden(&self) -> usize {
        self.shape.hidden_size
    }

    /// P.
    pub fn panels(&self) -> usize {
        self.hidden().div_ceil(self.lanes)
    }

    /// Hp.
    pub fn wide(&self) -> usize {
        self.panels() * self.lanes
    }

    /// Values in one panel's four gates.
    pub fn quad(&self) -> usize {
        4 * self.lanes
    }

    pub fn inputs(&self, layer: usize) -> usize {
        self.shape.layer_input(layer)
    }

    /// The width of a layer's input, rounded up to whole vectors.
    pub fn wide_inputs(&self, layer: usize) -> usize {
        self.inputs(layer).div_ceil(self.lanes) * self.lanes
    }

    /// D * H rounded up to whole cache lines: the row stride of a joined layer output.
    pub fn joined_width(&self) -> usize {
        (self.directions() * self.hidden()).div_ceil(16) * 16
    }

    /// Whether layer `layer` + 1 reads a buffer of its own (both directions side by side, or units
    /// dropped) instead of the hidden states in place.
    pub fn joins(&self, layer: usize) -> bool {
        layer + 1 < self.shape.num_layers && (self.directions() == 2 || self.dropout > 0.0)
    }

    /// Values of h (or c) of a block in one cell for `steps` steps and the start.
    pub fn track(&self, rows: usize, steps: usize) -> usize {
        (steps + 1) * rows * self.wide()
    }

    /// Values that training saves per cell of a block of `rows`: h, c, gates.
    pub fn cell_saved(&self, rows: usize) -> usize {
        2 * self.track(rows, self.steps) + 4 * self.steps * rows * self.wide()
    }

    /// Values that training saves per layer of a block.
    pub fn layer_saved(&self, layer: usize, rows: usize) -> usize {
        let joined = if self.joins(layer) { self.steps * rows * self.joined_width() } else { 0 };
        self.directions() * self.cell_saved(rows) + joined
    }

    /// Values that training saves per block.
    pub fn block_saved(&self) -> usize {
        (0..self.shape.num_layers).map(|layer| self.layer_saved(layer, self.block)).sum()
    }

    /// Values of a block's states (h then c of every cell).
    pub fn block_state(&self) -> usize {
        2 * self.cells() * self.block * self.hidden()
    }

    /// Values of PyTorch's parameters of one cell, in the order w_ih, w_hh, b_ih, b_hh.
    pub fn flat_cell(&self, layer: usize) -> usize {
        let h = self.hidden();
        4 * h * (self.inputs(layer) + h + if self.shape.bias { 2 } else { 0 })
    }

    /// Values of one cell's packed weights (P, K, quad) and bias (P, quad).
    pub fn packed_cell(&self, layer: usize) -> usize {
        self.panels() * self.quad() * (self.inputs(layer) + self.hidden() + 1)
    }

    /// Where cell `cell`'s share begins, given each layer's size per cell.
    pub fn offset(&self, cell: usize, size: impl Fn(usize) -> usize) -> usize {
        (0..cell).map(|c| size(c / self.directions())).sum()
    }
}
