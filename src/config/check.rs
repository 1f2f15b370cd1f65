//! Ranges of settings, and the small texts that lists are written in.

use super::layers::setting_hint;
use super::{Config, Decoder, Loss, Pooling, Skip};
use crate::error::{Error, Result};

impl Config {
    /// Refuses values that are out of range or contradict each other.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_sizes()?;
        self.check_future()?;
        self.check_parameters()?;
        self.check_shares()?;
        self.check_rates()?;
        self.forecast.check()?;
        self.check_split()?;
        self.check_pool()?;
        self.check_decoder()
    }

    fn check_sizes(&self) -> Result<()> {
        let m = &self.model;
        let t = &self.train;
        at_least_one("horizon", self.windows.horizon.unwrap_or(1))?;
        at_least_one("input_window", self.windows.input_window.unwrap_or(1))?;
        at_least_one("stride", self.windows.stride)?;
        at_least_one("hidden_size", m.hidden_size)?;
        at_least_one("num_layers", m.num_layers)?;
        at_least_one("batch_size", t.batch_size.count())?;
        at_least_one("epochs", t.epochs)?;
        let threads = self.run.threads.unwrap_or(1);
        if !(1..=MOST_THREADS).contains(&threads) {
            return Err(out_of_range("threads", threads, &format!("1 to {MOST_THREADS}")));
        }
        at_least_one("max_steps", t.max_steps.unwrap_or(1))?;
        for width in &m.head {
            at_least_one("head", *width)?;
        }
        Ok(())
    }

    fn check_future(&self) -> Result<()> {
        if !self.data.future.is_empty() && self.model.decoder != Decoder::Lead {
            return Err(Error::config(format!(
                "`future` needs `decoder: lead`, which is told about every forecast step; the decoder is `{}`",
                format!("{:?}", self.model.decoder).to_lowercase()
            ))
            .with_hint("leave --decoder out, or --future"));
        }
        Ok(())
    }

    fn check_pool(&self) -> Result<()> {
        let Pooling::Of(members) = &self.model.pool else { return Ok(()) };
        match members.iter().find(|member| member.is_fitted()) {
            Some(member) if self.model.decoder != Decoder::Lead => Err(Error::config(format!(
                "`{}` in `pool` needs `decoder: lead`, whose inputs it is fitted to; the decoder is `{}`",
                member.name(),
                format!("{:?}", self.model.decoder).to_lowercase()
            ))
            .with_hint("leave --decoder out, or name other members")),
            _ => Ok(()),
        }
    }

    fn check_parameters(&self) -> Result<()> {
        let size = parameters(self);
        if size > MOST_PARAMETERS {
            return Err(Error::config(format!(
                "the model would have about {size:.1e} parameters; the most are {MOST_PARAMETERS:.0e}"
            ))
            .with_hint("use a smaller --hidden-size, --num-layers, --head or --ensemble"));
        }
        Ok(())
    }

    fn check_shares(&self) -> Result<()> {
        let m = &self.model;
        let t = &self.train;
        if !(0.0..1.0).contains(&m.dropout) {
            return Err(out_of_range("dropout", m.dropout, "a share from 0 up to, but not including, 1"));
        }
        if !(0.0..1.0).contains(&t.input_dropout) {
            return Err(out_of_range(
                "input_dropout",
                t.input_dropout,
                "a share from 0 up to, but not including, 1",
            ));
        }
        if !(0.0..1.0).contains(&t.ema) {
            return Err(out_of_range("ema", t.ema, "a share from 0 up to, but not including, 1"));
        }
        at_least_one("cuts", t.cuts)?;
        at_least_one("ensemble", m.ensemble)?;
        if m.quantiles.iter().any(|q| !(*q > 0.0 && *q < 1.0)) || !m.quantiles.is_sorted_by(|a, b| a < b) {
            let text = m.quantiles.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
            return Err(out_of_range(
                "quantiles",
                text,
                "rising levels between 0 and 1, such as 0.1,0.5,0.9",
            ));
        }
        if t.loss == Loss::Wql && m.quantiles.is_empty() {
            return Err(out_of_range("loss", "wql", "mae, mse or huber where no quantiles are learned"));
        }
        Ok(())
    }

    fn check_rates(&self) -> Result<()> {
        let t = &self.train;
        if !(t.learning_rate.is_finite() && t.learning_rate > 0.0) {
            return Err(out_of_range("learning_rate", t.learning_rate, "a number above 0"));
        }
        if !(t.weight_decay.is_finite() && t.weight_decay >= 0.0) {
            return Err(out_of_range("weight_decay", t.weight_decay, "a number of 0 or more"));
        }
        if !(t.grad_clip.is_finite() && t.grad_clip >= 0.0) {
            return Err(out_of_range(
                "grad_clip",
                t.grad_clip,
                "a number of 0 or more (0 switches clipping off)",
            ));
        }
        Ok(())
    }

    fn check_split(&self) -> Result<()> {
        let shares = self.split.split;
        if shares.iter().any(|s| !s.is_finite() || *s < 0.0)
            || (shares.iter().sum::<f64>() - 1.0).abs() > 1e-6
        {
            let text = shares.map(|s| s.to_string()).join(",");
            return Err(out_of_range(
                "split",
                text,
                "three shares of 0 or more that add up to 1, such as 0.7,0.1,0.2",
            ));
        }
        Ok(())
    }

    fn check_decoder(&self) -> Result<()> {
        let m = &self.model;
        if m.decoder != Decoder::Direct && m.bidirectional {
            let name = if m.decoder == Decoder::Lead { "lead" } else { "sequence" };
            return Err(Error::config(format!("`decoder: {name}` cannot be combined with `bidirectional`: the backward direction would see the future of every earlier step"))
                .with_hint("use --decoder direct, or leave out --bidirectional"));
        }
        if m.decoder == Decoder::Sequence && m.skip == Skip::Linear {
            return Err(Error::config("`skip: linear` maps the whole window, so it cannot be combined with `decoder: sequence`, which forecasts from every step")
                .with_hint("use --skip last or --skip seasonal with --decoder sequence"));
        }
        Ok(())
    }
}

/// Many more threads than cores only stand in each other's way: with 1024 on two cores a step takes
/// half a minute.
const MOST_THREADS: usize = 256;

/// With its gradients and two moments, a model of this size takes 16 GB.
const MOST_PARAMETERS: f64 = 1e9;

/// About how many weights the settings ask for, the inputs left out (they are not known yet).
fn parameters(config: &Config) -> f64 {
    let m = &config.model;
    let hidden = m.hidden_size as f64;
    let directions = if m.bidirectional { 2.0 } else { 1.0 };
    let first = 4.0 * directions * hidden * (hidden + 1.0);
    let others = (m.num_layers as f64 - 1.0) * 4.0 * directions * hidden * (hidden * (1.0 + directions));
    let mut before = hidden * directions;
    let mut head = 0.0;
    for width in &m.head {
        head += before * *width as f64;
        before = *width as f64;
    }
    let outputs = (config.windows.horizon.unwrap_or(1) as f64) * m.quantiles.len().max(1) as f64;
    // A lead decoder has one output a step; the others have all steps at once.
    let outputs = if m.decoder == Decoder::Lead { outputs.min(1e3) } else { outputs };
    (first + others + head + before * outputs) * m.ensemble as f64
}

fn at_least_one(key: &str, value: usize) -> Result<()> {
    if value == 0 { Err(out_of_range(key, value, "1 or more")) } else { Ok(()) }
}

fn out_of_range(key: &str, value: impl std::fmt::Display, expected: &str) -> Error {
    Error::config(format!("`{key}` is {value}; expected {expected}")).with_hint(setting_hint(key))
}

/// Splits `a,b,"c, d"` at commas outside double quotes; a doubled quote inside quotes is one
/// quote. Surrounding spaces are dropped.
pub fn split_list(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                part.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => parts.push(std::mem::take(&mut part).trim().to_string()),
            c => part.push(c),
        }
    }
    parts.push(part.trim().to_string());
    parts.retain(|p| !p.is_empty());
    parts
}
