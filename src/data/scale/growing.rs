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
    /// For each column its observed values, bent by training's k; those of a bent target as they are.
    columns: Vec<Vec<f64>>,
}

impl Growing {
    /// The scalings of the panel's one series by all of its rows: those of [`Scaler::unseen`], to the
    /// last bit. Since the last call the panel has only grown at its end.
    pub fn scalings(&mut self, scaler: &Scaler, panel: &Panel) -> Vec<Scaling> {
        let from = self.rows;
        self.rows = panel.stamps.len();
        self.columns.resize_with(panel.columns.len(), Default::default);
        let all = panel.columns.iter().zip(&scaler.pooled).zip(&mut self.columns).enumerate();
        all.map(|(c, ((column, pooled), values))| {
            if matches!(scaler.kind, ScalerKind::Global | ScalerKind::None) || scaler.fixed.contains(&c) {
                return *pooled;
            }
            // A target is bent at its own mean, which every row moves.
            let own_bend = pooled.asinh.filter(|_| c < panel.targets);
            let asinh = if own_bend.is_some() { None } else { pooled.asinh };
            let new = column.values.get(from..).unwrap_or_default().iter().filter(|v| !v.is_nan());
            values.extend(new.map(|value| forward(*value, asinh)));
            let own = match own_bend {
                None => fit_bent(values, scaler.kind, asinh, pooled),
                Some(_) if values.len() < ENOUGH => None,
                Some(k) => {
                    let k = mean_size(values).unwrap_or(k);
                    let bent: Vec<f64> = values.iter().map(|v| forward(*v, Some(k))).collect();
                    fit_bent(&bent, scaler.kind, Some(k), pooled)
                }
            };
            own.unwrap_or(*pooled)
        })
        .collect()
    }
}
