//! From what was learned to the checkpoint's metadata.

use super::calibrate::Calibrated;
use super::problem::Problem;
use crate::checkpoint::{FORMAT_VERSION, Fingerprint, Meta, Schema};
use crate::config::{Config, Partial};
use crate::data::quiet::Quiet;
use crate::pipeline::table::Table;
use crate::pipeline::window_sizes::max_gap_rows;

impl Problem {
    /// All that a checkpoint holds beside the weights.
    pub(crate) fn meta(&self, mut config: Config, table: &Table, calibrated: Calibrated) -> Meta {
        let Calibrated { training, pool, calibration } = calibrated;
        let panel = &table.panel;
        config.windows.input_window = Some(self.need.input_window);
        config.windows.horizon = Some(self.need.horizon);
        if config.data.resample.is_some() {
            config.data.partial = config.data.partial.or(Some(Partial::default()));
        }
        // How many threads ran does not change the result, so it is not part of it.
        config.run.threads = None;
        let names: Vec<String> = panel.columns.iter().map(|c| c.name.clone()).collect();
        Meta {
            format_version: FORMAT_VERSION,
            program_version: env!("CARGO_PKG_VERSION").into(),
            schema: Schema {
                series_columns: panel.series_columns.clone(),
                time: panel.time.clone(),
                freq: panel.freq.clone(),
                holidays: panel.holidays.clone(),
                season: self.season,
                targets: names[..panel.targets].to_vec(),
                features: names[panel.targets..].to_vec(),
                categories: panel.categories.clone(),
                max_gap_rows: max_gap_rows(&config),
                readings: table.dialect.readings.clone(),
            },
            config,
            shape: self.shape.clone(),
            input_names: Some(self.spec.all_names()),
            inputs: self.spec.clone(),
            bounds: self.bounds,
            scaler: self.scaler.clone(),
            training,
            pool,
            shares_of_last: Vec::new(),
            calibration,
            quiet: Quiet::learn(panel, &self.scaler, self.bounds.val_start),
            table: fingerprint(table),
            checksum: None,
        }
    }
}

/// Which table this is.
pub(crate) fn fingerprint(table: &Table) -> Fingerprint {
    let panel = &table.panel;
    let (first, last) = panel.stamps.iter().fold((i64::MAX, i64::MIN), |(a, b), s| (a.min(*s), b.max(*s)));
    Fingerprint {
        rows: table.rows,
        series: panel.series.len(),
        columns: panel.columns.iter().map(|c| c.name.clone()).collect(),
        first: panel.time.display(first),
        last: panel.time.display(last),
        hash: format!("{:016x}", table.hash),
    }
}
