//! The scalings of a series that training has not seen, while its rows come one by one: bending all of a
//! long history anew for every row costs more than the network.

use super::{ENOUGH, Scaler, Scaling, fit_bent, forward, mean_size};
use crate::config::ScalerKind;
use crate::data::panel::Panel;

/// What was found of the rows so far.
#[derive(Debug, Default)]
pub struct Growing {
    /// Rows of the panel that are in it.
    rows: usize,
    /// For each column its observed values, and the same bent by training's k.
    columns: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Growing {
    /// The scalings of the panel's one series by all of its rows: those of [`Scaler::unseen`], to the
    /// last bit. Since the last call the panel has only grown at its end.
    pub fn scalings(&mut self, scaler: &Scaler, panel: &Panel) -> Vec<Scaling> {
        let from = self.rows;
        self.rows = panel.stamps.len();
        self.columns.resize_with(panel.columns.len(), Default::default);
        let all = panel.columns.iter().zip(&scaler.pooled).zip(&mut self.columns).enumerate();
        all.map(|(c, ((column, pooled), (values, bent)))| {
            if matches!(scaler.kind, ScalerKind::Global | ScalerKind::None) || scaler.fixed.contains(&c) {
                return *pooled;
            }
            for value in column.values.get(from..).unwrap_or_default().iter().filter(|v| !v.is_nan()) {
                values.push(*value);
                bent.push(forward(*value, pooled.asinh));
            }
            let own = match pooled.asinh {
                // A target is bent at its own mean, which every row moves.
                Some(k) if c < panel.targets && values.len() >= ENOUGH => {
                    let k = mean_size(values).unwrap_or(k);
                    let bent: Vec<f64> = values.iter().map(|v| forward(*v, Some(k))).collect();
                    fit_bent(&bent, scaler.kind, Some(k), pooled)
                }
                asinh => fit_bent(bent, scaler.kind, asinh, pooled),
            };
            own.unwrap_or(*pooled)
        })
        .collect()
    }
}
