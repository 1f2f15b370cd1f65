//! What `evaluate` and `watch` say where the newest values lie outside of their intervals more often than the
//! calibration expects; the test is [`crate::metrics::drift`].

use super::forecaster::Forecaster;
use crate::data::panel::Panel;
use crate::forecast::conformal::Intervals;
use crate::metrics::drift::{Blocks, Drift, LEVEL};
use crate::text::plural;

impl Forecaster {
    /// The intervals that drift is seen by, and blocks of a season or a horizon, whichever is longer; `None` where the model
    /// is not calibrated for them.
    pub(super) fn drift(&self, panel: &Panel) -> Option<(Intervals, Blocks)> {
        let intervals = self.intervals(&[LEVEL]).ok()?;
        let rows = self.meta.schema.season.max(self.model.shape().horizon);
        Some((intervals, Blocks::new(panel.freq.seconds().saturating_mul(rows as i64))))
    }
}

/// That it is time to train; nothing where it is not.
pub(super) fn told(drift: &Drift, panel: &Panel) -> Option<String> {
    let p = match drift.p {
        p if p < 0.0001 => "p below 0.0001".to_owned(),
        p => format!("p {p:.4}"),
    };
    drift.is_significant().then(|| {
        format!(
            "from {} on, {:.1} % of {} lie outside of their {LEVEL} % intervals, where {} % are expected: the newest rows are forecast worse than \
             the calibration expects, and not by chance ({p}, {} of time); train again",
            panel.time.display(drift.since),
            100.0 * drift.share,
            plural(usize::try_from(drift.values).unwrap_or(usize::MAX), "value"),
            100 - LEVEL,
            plural(drift.blocks, "block"),
        )
    })
}
