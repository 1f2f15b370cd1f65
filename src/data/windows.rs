//! HOW to cut: gathers windows of the scaled panel, a batch at a time. One function serves
//! training, validation, evaluation and prediction; nothing is ever materialised beyond a batch.

use rayon::prelude::*;

use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;

/// Rows of history that `cut` has, at most `input_window`.
pub fn history(panel: &Panel, cut: Cut, input_window: usize) -> usize {
    (cut.row - panel.segments[cut.segment as usize].offset).min(input_window)
}

/// x (N, T, F): rows `cut.row - T .. cut.row` of every cut. The caller makes sure that every cut
/// has T rows of history.
pub fn gather_x(inputs: &Inputs, cuts: &[Cut], steps: usize, out: &mut Vec<f32>) {
    let width = inputs.width();
    let size = steps * width;
    out.clear();
    out.resize(cuts.len() * size, 0.0);
    if size == 0 {
        return;
    }
    out.par_chunks_mut(size).zip(cuts).for_each(|(window, cut)| {
        let start = (cut.row - steps) * width;
        window.copy_from_slice(&inputs.x[start..start + size]);
    });
}

/// y (M, P, K): scaled targets of rows `row .. row + P` for each row, NaN where not observed.
/// A row outside its segment's last P rows must not be asked for.
pub fn gather_y(inputs: &Inputs, rows: &[usize], horizon: usize, out: &mut Vec<f32>) {
    let k = inputs.targets();
    let size = horizon * k;
    out.clear();
    out.resize(rows.len() * size, f32::NAN);
    if size == 0 {
        return;
    }
    out.par_chunks_mut(size).zip(rows).for_each(|(window, row)| {
        let start = row * k;
        window.copy_from_slice(&inputs.y[start..start + size]);
    });
}
