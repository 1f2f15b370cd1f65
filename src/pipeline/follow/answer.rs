//! From the histories of some series to their forecasts, by the code that forecasts a whole table.

use super::history::{History, together};
use super::{Answer, Expected, Follower};
use crate::config::Limits;
use crate::data::extend;
use crate::data::inputs::{Inputs, Scalings};
use crate::data::lead::Means;
use crate::data::long::SeriesKey;
use crate::data::panel::Panel;
use crate::data::scale::Scaling;
use crate::error::Result;
use crate::forecast::{self, Chain, Levels, Windows};
use crate::report::forecasts::{self, Form};

impl Follower<'_> {
    /// Forecasts these series, or says how much they lack.
    pub(super) fn answer(&mut self, touched: &[&SeriesKey], answers: &mut Vec<Answer>) -> Result<()> {
        let (forecaster, least) = (self.forecaster, self.forecaster.least_history());
        let mut wanted: Vec<&SeriesKey> = Vec::new();
        for key in touched {
            match self.histories.get(key).map_or(0, History::unbroken) {
                rows if rows < least => answers.push(Answer::Waiting { series: key.to_string(), rows }),
                _ => wanted.push(*key),
            }
        }
        wanted.sort();
        let own = wanted.iter().filter_map(|key| self.histories.get_key_value(*key));
        let Some((panel, origins)) = together(own, forecaster.rows_seen()) else { return Ok(()) };
        let scalings = self.scalings(&panel);
        for (at, key) in scalings.unseen.iter().filter_map(|s| Some((*s, panel.series.get(*s)?))) {
            if let Some(history) = self.histories.get_mut(key).filter(|h| !h.said) {
                history.said = true;
                let how = match forecaster.has_own_scaling(&scalings, at) {
                    true => "scaled by its own history",
                    false => "scaled as all series together as long as it has few values",
                };
                self.notes.push(format!("series `{key}` has no row in the training part; it is {how}"));
            }
        }
        let horizon = forecaster.model.shape().horizon;
        let (mut future, cuts) = extend::extend(&panel, &origins, horizon, &[]);
        future.time = self.time.clone();
        let means = forecaster.looks_across().then(|| self.means(&panel));
        let spec = &forecaster.meta.inputs;
        let inputs = Inputs::build_among(&future, spec, &scalings, horizon, means.as_ref());
        let schema = &forecaster.meta.schema;
        let windows =
            Windows::new(&inputs, &forecaster.device, cuts.len() * forecaster.model.shape().input_window)?;
        let (free, all) = (Limits::default(), Levels::All);
        let chain = match self.watch {
            None => forecaster.chain(&self.intervals, &self.levels),
            // How rare a value is was calibrated before bounds clip, on the model's own levels.
            Some(_) => Chain { limits: &free, ..forecaster.chain(&self.intervals, &all) },
        };
        let mut found = forecast::forecast(&chain, &windows, &future, &cuts)?;
        if self.watch.is_some() {
            for (i, cut) in cuts.iter().enumerate() {
                let Some(series) = future.segments.get(cut.segment as usize).map(|s| s.series as usize)
                else {
                    continue;
                };
                let sizes = inputs.scalings.get(series).map(|own| own.iter().map(Scaling::size).collect());
                let first = future.stamps.get(cut.row).copied().unwrap_or(i64::MAX);
                let expected = Expected::new(&found, i, first, sizes.unwrap_or_default(), &forecaster.limits);
                if let Some(key) = future.series.get(series) {
                    self.expected.insert(key.clone(), expected);
                }
            }
            return Ok(());
        }
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.apply(&mut found, &future, &cuts, &forecaster.limits);
        }
        let form = Form { layout: self.layout, prefix: &self.prefix, with: Some(&self.with) };
        answers.push(Answer::Forecast(forecasts::rows(&future, &cuts, &found, &schema.targets, form)?));
        Ok(())
    }

    /// Sums over all series at the stamps of a panel: of the other series only what lies beside it is looked at, so
    /// that a long history without rows of its own in the stream does not cost every forecast.
    fn means(&self, panel: &Panel) -> Means {
        let mut all = Means::at(panel.stamps.clone(), panel.columns.len());
        for (key, history) in &self.histories {
            if let Some(panel) = &history.panel {
                let scalings = Scalings { series: vec![self.scaling(key).0], unseen: Vec::new() };
                all.take(panel, &self.forecaster.meta.inputs, &scalings);
            }
        }
        all
    }

    /// The scalings of the panel's series.
    fn scalings(&self, panel: &Panel) -> Scalings {
        let mut scalings = Scalings { series: Vec::with_capacity(panel.series.len()), unseen: Vec::new() };
        for (at, key) in panel.series.iter().enumerate() {
            let (own, known) = self.scaling(key);
            scalings.series.push(own);
            if !known {
                scalings.unseen.push(at);
            }
        }
        scalings
    }

    /// The scaling of a series, and whether it is that of training; else it was found here.
    fn scaling(&self, key: &SeriesKey) -> (Vec<Scaling>, bool) {
        let scaler = &self.forecaster.meta.scaler;
        match scaler.known(key) {
            Some(known) => (known.to_vec(), true),
            None => {
                let own = self.histories.get(key).and_then(|history| history.scaling.clone());
                (own.unwrap_or_else(|| scaler.pooled.clone()), false)
            }
        }
    }
}
