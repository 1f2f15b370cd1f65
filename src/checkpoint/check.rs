//! Whether a checkpoint's metadata agree with themselves, before anything is built from them.
//!
//! Somebody may have made them up: after these checks no size is zero, absurd or different in two
//! places, so that what is computed from them neither fails nor outgrows the file and the table.

use super::Meta;
use crate::config::Decoder;
use crate::data::lead::LeadSpec;
use crate::data::scale::Scaling;

type Check = std::result::Result<(), String>;

/// Largest number of rows, inputs or units.
const MOST: usize = 1 << 24;
/// Holes of this many rows are completed where `input_window` is not given.
const USUAL_GAP: usize = 168;

impl Meta {
    /// Refuses metadata that contradict themselves, saying why.
    pub(super) fn check(&self) -> Check {
        self.check_columns()?;
        self.check_sizes()?;
        match &self.inputs.lead {
            Some(lead) => self.check_lead(lead)?,
            None if self.config.model.decoder == Decoder::Lead => {
                return Err("`decoder: lead` lacks its inputs".into());
            }
            None => {}
        }
        // Last of the shapes, because widths are sums and differences of the numbers above.
        if self.shape.inputs != self.inputs.len() || self.shape.lead != self.inputs.lead_shape() {
            return Err("the number of inputs differs between its parts".into());
        }
        self.check_names()?;
        self.check_scaler()?;
        let (targets, horizon) = (self.shape.targets, self.shape.horizon);
        if self.calibration.as_ref().is_some_and(|c| !c.fits(targets, horizon)) {
            return Err("the calibration of intervals has other levels, targets or steps".into());
        }
        if !self.pool.fits(targets, horizon) {
            return Err(
                "the weights of the pool are of other members, targets or steps, or no weights".into()
            );
        }
        let shares = &self.shares_of_last;
        let whole = Some(shares.len()) == targets.checked_mul(horizon);
        if !(shares.is_empty() || whole && shares.iter().all(|share| (0.0..=1.0).contains(share))) {
            return Err(
                "the shares of the last value are of other targets or steps, or outside 0 to 1".into()
            );
        }
        self.config.check().map_err(|error| error.to_string())
    }

    /// As many names as inputs; how they are spelled is no business of the network's.
    fn check_names(&self) -> Check {
        let Some(names) = &self.input_names else { return Ok(()) };
        let (context, known) = self.shape.lead.map_or((0, 0), |lead| (lead.context, lead.known));
        let found = [names.x.len(), names.context.len(), names.known.len()];
        if found != [self.shape.inputs, context, known] {
            return Err("the names of the inputs are not as many as the inputs".into());
        }
        Ok(())
    }

    fn check_columns(&self) -> Check {
        let columns = self.schema.targets.iter().chain(&self.schema.features);
        if !self.inputs.values.iter().eq(columns) {
            return Err("the input columns are not the schema's targets and features".into());
        }
        let targets = self.schema.targets.len();
        if self.shape.targets != targets || self.inputs.targets != targets {
            return Err("the number of targets differs between its parts".into());
        }
        let time = &self.schema.time;
        if time.columns.is_empty() || time.patterns().count() != time.columns.len() {
            return Err("the form of the stamps does not fit the time columns".into());
        }
        Ok(())
    }

    fn check_sizes(&self) -> Check {
        let (shape, model) = (&self.shape, &self.config.model);
        let sizes = [
            shape.inputs,
            shape.targets,
            shape.horizon,
            shape.input_window,
            self.schema.season,
            model.hidden_size,
            model.num_layers,
            model.ensemble,
        ];
        if sizes.contains(&0) {
            return Err("a size is 0".into());
        }
        if sizes.iter().chain(&model.head).any(|size| *size > MOST)
            || model.num_layers > 1024
            || model.ensemble > 1024
            || shape.quantiles.len() > 1000
        {
            return Err("a size is beyond all bounds".into());
        }
        if shape.quantiles != model.quantiles {
            return Err("the quantiles differ between its parts".into());
        }
        if !self.schema.freq.is_sound() {
            return Err("the step between rows is not above 0, or absurdly long".into());
        }
        if self.schema.holidays.as_ref().is_some_and(|list| !list.is_sound()) {
            return Err("the holidays are no list of days".into());
        }
        // A longer one would complete holes of any length, in memory that no table asks for.
        if self.schema.max_gap_rows > shape.input_window.max(USUAL_GAP) {
            return Err("the longest hole is longer than a window".into());
        }
        Ok(())
    }

    fn check_lead(&self, lead: &LeadSpec) -> Check {
        if self.config.model.decoder != Decoder::Lead {
            return Err("the inputs are those of another decoder".into());
        }
        let sizes = (lead.season, lead.window, lead.horizon);
        if sizes != (self.schema.season, self.shape.input_window, self.shape.horizon) {
            return Err("the window differs between its parts".into());
        }
        let targets = self.shape.targets;
        if !lead.flags.is_sorted_by(|a, b| a < b) || lead.flags.last().is_some_and(|k| *k >= targets) {
            return Err("the flags do not fit the targets".into());
        }
        let others = self.inputs.values.len() - targets;
        if [&lead.ahead, &lead.fixed].iter().any(|list| {
            !list.is_sorted_by(|a, b| a < b) || list.last().is_some_and(|column| *column >= others)
        }) {
            return Err("the columns known ahead, or static, do not fit the others".into());
        }
        let fits = |leads: &Vec<f32>| leads.len() == lead.horizon && leads.iter().all(|g| g.is_finite());
        if !lead.growth.is_empty() && (lead.growth.len() != targets || !lead.growth.iter().all(fits)) {
            return Err("the growth does not fit targets and horizon".into());
        }
        Ok(())
    }

    fn check_scaler(&self) -> Check {
        let (scaler, columns) = (&self.scaler, self.inputs.values.len());
        if scaler.columns != self.inputs.values
            || scaler.pooled.len() != columns
            || scaler.series.iter().any(|(_, lines)| lines.len() != columns)
        {
            return Err("the scaler does not cover the columns".into());
        }
        let sound = |l: &Scaling| {
            l.shift.is_finite()
                && l.mean.is_finite()
                && l.scale.is_finite()
                && l.scale != 0.0
                && l.asinh.is_none_or(|k| k.is_finite() && k > 0.0)
        };
        if !scaler.pooled.iter().chain(scaler.series.iter().flat_map(|(_, lines)| lines)).all(sound) {
            return Err("the scaler holds a number that is not finite, or a scale of 0".into());
        }
        if !self.quiet.fits(scaler.series.len(), self.shape.targets) {
            return Err("what is usual of quiet series does not fit the series".into());
        }
        if !scaler.series.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("the scaler's series are not in order".into());
        }
        if scaler.fixed.iter().any(|column| *column >= columns) {
            return Err("the scaler's static columns are not among its columns".into());
        }
        Ok(())
    }
}
