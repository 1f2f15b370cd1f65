//! What fitting gives.

use std::path::Path;

use candle_core::Device;

use crate::checkpoint::{self, Meta};
use crate::error::Result;
use crate::model::Ensemble;
use crate::pipeline::forecaster::Forecaster;

/// A fitted model: trained networks, and what a forecast needs beside them.
pub struct Fitted {
    model: Ensemble,
    meta: Meta,
    device: Device,
}

impl Fitted {
    pub(super) fn new(model: Ensemble, meta: Meta, device: Device) -> Fitted {
        Fitted { model, meta, device }
    }

    /// Notes the file whose weights these are.
    pub(super) fn starts_from(&mut self, hash: &str) {
        self.meta.training.init_from = Some(hash.to_owned());
    }

    /// Writes the checkpoint; a file that was there is replaced at once, or not at all.
    ///
    /// # Errors
    /// `Error::Write`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        checkpoint::save(path.as_ref(), &self.model, &self.meta)
    }

    /// The same model, ready to forecast on the device that it was trained on.
    ///
    /// # Errors
    /// None is expected: its settings have been used.
    pub fn into_forecaster(self) -> Result<Forecaster> {
        let config = self.meta.config.clone();
        let limits = config.forecast.limits(&self.meta.schema.targets)?;
        Forecaster::new(self.model, self.meta, config, limits, "the fitted model".into()).on(&self.device)
    }

    pub(super) fn into_parts(self) -> (Ensemble, Meta) {
        (self.model, self.meta)
    }

    /// The networks.
    pub(crate) fn model(&self) -> &Ensemble {
        &self.model
    }

    /// All that the checkpoint says beside the weights.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }
}
