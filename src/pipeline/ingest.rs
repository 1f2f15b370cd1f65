//! The windows of a table, for its summary and for other learners.

use serde_json::json;

use super::fit::problem::{input_spec, skew};
use super::table::Table;
use super::window_sizes;
use crate::checkpoint::Meta;
use crate::config::Config;
use crate::data::inputs::{InputSpec, Inputs, Scalings};
use crate::data::long::Note;
use crate::data::panel::Panel;
use crate::data::roles;
use crate::data::scale::Scaler;
use crate::data::split::{self, Bounds, Cut, Need, Observed, Range};
use crate::data::summary::{Summary, WindowCounts};
use crate::error::{Error, Place, Result};
use crate::report::rows::Rows;
use crate::report::windows::{Export, Tensors};

/// The windows of all three parts of a table.
pub(crate) struct TableWindows<'a> {
    table: &'a Table,
    config: &'a Config,
    need: Need,
    bounds: Bounds,
    cuts: Vec<Cut>,
    /// Part of each cut: 0 training, 1 validation, 2 test.
    parts: Vec<u8>,
    spec: InputSpec,
}

impl<'a> TableWindows<'a> {
    /// Cuts them as settings say; their inputs are those of the decoder.
    pub(crate) fn cut(table: &'a Table, config: &'a Config) -> Result<TableWindows<'a>> {
        let panel = &table.panel;
        let need = window_sizes::need(config, panel, panel.freq.season());
        let bounds = Bounds::resolve(&config.split, panel)?.with_validation(&config.split, panel, need);
        let whole = Need { least: need.input_window, ..need };
        let (cuts, parts) = all_cuts(panel, whole, bounds, config.windows.stride);
        let training = parts.iter().filter(|part| **part == 0).count();
        let spec = input_spec(config, panel, &bounds, need, training);
        Ok(TableWindows { table, config, need, bounds, cuts, parts, spec })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.cuts.len()
    }

    /// safetensors bytes; see [`Tensors`].
    pub(crate) fn tensors(&self, time_major: bool) -> Result<Vec<u8>> {
        self.export(|export, scaler| {
            let mut tensors = Tensors::new(time_major, None);
            tensors.push(export);
            tensors.finish(
                Head { table: self.table, inputs: export.inputs, scaler, time_major, model: None }.json(),
            )
        })
    }

    /// One row a window; see [`Export::flat`].
    pub(crate) fn flat(&self, prefix: &str) -> Result<Rows> {
        self.export(|export, _| export.flat(prefix))
    }

    fn export<T>(&self, write: impl FnOnce(&Export, &Scaler) -> Result<T>) -> Result<T> {
        let (panel, need) = (&self.table.panel, self.need);
        if self.cuts.is_empty() {
            return Err(Error::data(
                Place::file(panel.source.clone()),
                format!(
                    "no window of {} + {} rows fits, so there is nothing to write",
                    need.input_window, need.horizon
                ),
            )
            .with_hint("use a smaller --input-window or --horizon"));
        }
        let scaler = Scaler::fit(panel, self.config.scale.scaler, skew(self.config), self.bounds.val_start)
            .with_static(panel, &roles::places(panel, &self.config.data.fixed));
        let mut inputs = Inputs::build(panel, &self.spec, &Scalings::of(panel, &scaler, &[]), 0);
        let training = self.cuts.iter().zip(&self.parts).filter(|(_, part)| **part == 0);
        inputs.measure(&training.map(|(cut, _)| (cut.segment, cut.row)).collect::<Vec<_>>());
        let (input_window, horizon) = (need.input_window, need.horizon);
        let (inputs, cuts, parts) = (&inputs, self.cuts.as_slice(), self.parts.as_slice());
        write(&Export { panel, inputs, cuts, parts, input_window, horizon }, &scaler)
    }

    /// What is in the table, and the windows it makes.
    pub(crate) fn summary(&self) -> Summary {
        let (table, need) = (self.table, self.need);
        let count = |part: u8| self.parts.iter().filter(|p| **p == part).count();
        let counts = WindowCounts {
            input_window: need.input_window,
            horizon: need.horizon,
            features: self.spec.len(),
            train: count(0),
            val: count(1),
            test: count(2),
        };
        let mut summary = Summary::new(&table.panel, &table.dialect, table.rows, counts, self.bounds);
        let whole = Need { least: need.input_window, ..need };
        for (_, text) in split::empty_parts(&table.panel, whole, self.bounds, &self.config.split) {
            summary.notes.push(Note { code: "empty_part", column: None, count: 0, text });
        }
        summary
    }
}

/// The windows of all three parts, in part order.
pub(super) fn all_cuts(panel: &Panel, need: Need, bounds: Bounds, stride: usize) -> (Vec<Cut>, Vec<u8>) {
    let observed = Observed::new(panel);
    let mut all = Vec::new();
    let mut parts = Vec::new();
    let ranges = [
        (None, Some(bounds.val_start)),
        (Some(bounds.val_start), Some(bounds.test_start)),
        (Some(bounds.test_start), None),
    ];
    for (part, (from, until)) in ranges.into_iter().enumerate() {
        let cuts = split::cuts(panel, &observed, need, Range { from, until, stride });
        parts.resize(parts.len() + cuts.len(), part as u8);
        all.extend(cuts);
    }
    (all, parts)
}

/// What the JSON document of a file of windows says.
pub(super) struct Head<'a> {
    pub(super) table: &'a Table,
    pub(super) inputs: &'a Inputs,
    pub(super) scaler: &'a Scaler,
    pub(super) time_major: bool,
    /// Of the model whose windows these are.
    pub(super) model: Option<&'a Meta>,
}

impl Head<'_> {
    pub(super) fn json(&self) -> String {
        let (panel, spec) = (&self.table.panel, &self.inputs.spec);
        let names = spec.all_names();
        let mut head = json!({
            "inputs": names.x,
            "targets": panel.columns.iter().take(panel.targets).map(|c| &c.name).collect::<Vec<_>>(),
            "series": panel.series.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "series_columns": panel.series_columns,
            "freq": panel.freq.to_string(),
            "season": panel.freq.season(),
            "layout": if self.time_major { "x is (T, N, F)" } else { "x is (N, T, F)" },
            "parts": ["train", "val", "test"],
            "scaler": self.scaler,
        });
        if let Some(map) = head.as_object_mut() {
            if let Some(lead) = &spec.lead {
                map.insert("context".into(), json!(names.context));
                map.insert("known".into(), json!(names.known));
                map.insert("lead".into(), json!(lead));
            }
            if let Some(meta) = self.model {
                map.insert("parts".into(), json!(["train", "val", "test", "ahead"]));
                let simple = meta.pool.simple().map(|member| member.name());
                map.insert("simple".into(), simple.collect());
                map.insert("model".into(), json!(meta.checksum));
            }
        }
        head.to_string()
    }
}
