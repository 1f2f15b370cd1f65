//! The verb `tune`: settings that suit a table better than those that were given.
//!
//! `space` is what is searched, `folds` what trials are scored on, `trial` one training, `search` who goes on,
//! `journal` what is done already. The test part is never looked at.

mod folds;
mod journal;
mod search;
mod space;
mod trial;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use candle_core::Device;
use serde_json::{Value, json};

use crate::config::{Config, RunConfig, to_yaml};
use crate::error::{Error, Result};
use crate::model::init::rng;
use crate::pipeline::table::{Table, require_target};
use crate::pipeline::window_sizes;
use crate::report::tuning::{Run, Tuning};
use crate::train::Hooks;
use journal::Journal;
use search::Search;
pub use space::{Space, settings_file};

/// Streams of random numbers that trials are drawn from.
const TRIALS: u64 = 3_000_000;

/// What is asked of a search.
#[derive(Debug, Clone, Default)]
pub struct TuneOptions {
    /// Trials beside the settings as they are given; at least 1.
    pub trials: usize,
    /// When all is to be done, the verdict too; `None` for no limit.
    pub limit: Option<Duration>,
    /// Folds that choose; at least 2.
    pub folds: usize,
    /// What is searched; what suits the table for `None`.
    pub space: Option<Space>,
    /// Where every training is written down.
    pub log: Option<String>,
    /// Go on with the search that the log holds.
    pub resume: bool,
}

/// Searches settings on the validation part of a table that was read with `base`.
///
/// # Errors
/// `Error::Data` for a table that is too short; `Error::Usage` for the log of another search;
/// `Error::Interrupted` where a hook stopped it; those of training for the settings as they are.
pub fn tune(
    table: &Table,
    base: &Config,
    options: &TuneOptions,
    device: &Device,
    hooks: &mut dyn Hooks,
) -> Result<(Tuning, Config)> {
    require_target(&base.data, &table.panel.source)?;
    check(options)?;
    let began = Instant::now();
    let panel = &table.panel;
    let season = panel.freq.season();
    let need = window_sizes::need(base, panel, season);
    let space = match &options.space {
        Some(space) => space.clone(),
        None => Space::around(base, need, season, panel.columns.len() > panel.targets),
    };
    let longest = space.longest_window().unwrap_or(need.input_window);
    // Windows that the table is too short for are left to fail, one trial at a time.
    let longest = if longest > 2 * need.input_window { need.input_window } else { longest };
    let (mut folds, note) = match folds::folds(base, panel, need, longest, options.folds) {
        Err(_) => folds::folds(base, panel, need, need.input_window, options.folds)?,
        found => found?,
    };
    note.iter().for_each(|note| hooks.note(note));
    let Some(held_out) = folds.pop() else {
        return Err(Error::usage("--folds is 0; expected 2 or more"));
    };
    let mut settings = vec![json!({})];
    let seed = base.run.seed;
    settings.extend((0..options.trials).map(|at| space.draw(&mut rng(seed, TRIALS + at as u64))));
    let journal =
        Journal::open(options.log.as_deref(), options.resume, &head(table, base, options, &space)?)?;
    if options.resume {
        hooks.note(&format!("{} trainings are taken over from the log", journal.found));
    }
    let full = base.train.max_steps.unwrap_or(usize::MAX).min(base.train.epochs * crate::train::EPOCH_STEPS);
    let mut search = Search {
        base,
        table,
        folds: &folds,
        held_out: &held_out,
        device,
        journal,
        settings,
        deadline: options.limit.and_then(|limit| began.checked_add(limit)),
        began,
        full,
        done: 0,
        planned: 0,
        late: false,
        pace: BTreeMap::new(),
        fixed: 0.0,
        runs: Vec::new(),
    };
    let (trials, rungs) = search.run(hooks)?;
    let reserved = search.verdict();
    let tried = trials.iter().any(|trial| trial.number > 0 && trial.rung.is_some());
    let best = better_than_given(&search.runs);
    let (before, after) = match best {
        0 => (None, None),
        best => (search.on_held_out(0, hooks)?, search.on_held_out(best, hooks)?),
    };
    let gain = after.zip(before).map(|(after, before)| 1.0 - after / before);
    let kept = if gain.is_some_and(|gain| gain > 0.0) { best } else { 0 };
    let config = space::over(base, &search.settings[kept])?;
    let span = |fold: &folds::Fold| (fold.from.clone(), fold.to.clone());
    let tuning = Tuning {
        table: panel.source.clone(),
        targets: base.data.target.clone(),
        folds: folds.iter().map(span).collect(),
        held_out: span(&held_out),
        forecasts: folds.iter().map(|fold| fold.cuts.len()).collect(),
        rungs,
        trials,
        best,
        kept,
        held_out_scores: before.zip(after),
        runs: std::mem::take(&mut search.runs),
        late: search.late,
        short_of: (search.late && !tried).then_some(reserved),
        seconds: began.elapsed().as_secs_f64(),
    };
    Ok((tuning, config))
}

/// The trial with the lowest score of the last rung that a trial finished, if it is lower there than that of the
/// settings as they were given, trial 0; else 0. In a search that was cut short the settings as given may have
/// gone further than all trials.
fn better_than_given(runs: &[Run]) -> usize {
    let last = runs.iter().filter(|run| run.trial > 0).map(|run| run.rung).max();
    let here = runs.iter().filter(|run| Some(run.rung) == last);
    let lower = |a: &&Run, b: &&Run| a.score.total_cmp(&b.score).then(a.trial.cmp(&b.trial));
    here.min_by(lower).map_or(0, |run| run.trial)
}

fn check(options: &TuneOptions) -> Result<()> {
    if options.trials == 0 {
        return Err(Error::usage("--trials is 0; expected 1 or more").with_hint("40 is the default"));
    }
    if options.folds < 2 {
        return Err(Error::usage(format!("--folds is {}; expected 2 or more", options.folds))
            .with_hint("one fold alone chooses what suits it by chance"));
    }
    if options.resume && options.log.is_none() {
        return Err(Error::usage("--resume needs the log of the search to go on with")
            .with_hint("name it with --log, as the command did that was interrupted"));
    }
    Ok(())
}

/// Which search this is, for its log.
fn head(table: &Table, base: &Config, options: &TuneOptions, space: &Space) -> Result<Value> {
    let plain = Config { run: RunConfig { threads: None, ..base.run.clone() }, ..base.clone() };
    Ok(json!({
        "event": "tune",
        "version": env!("CARGO_PKG_VERSION"),
        "table": format!("{:016x}", table.hash),
        "settings": to_yaml(&plain)?,
        "space": space.json(),
        "trials": options.trials,
        "folds": options.folds,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_held_against_the_settings_as_given_in_the_same_rung() {
        let runs = |all: &[(usize, usize, f64)]| -> Vec<Run> {
            all.iter().map(|(rung, trial, score)| Run { rung: *rung, trial: *trial, score: *score }).collect()
        };
        assert_eq!(better_than_given(&[]), 0);
        assert_eq!(better_than_given(&runs(&[(0, 0, 0.9)])), 0);
        assert_eq!(better_than_given(&runs(&[(0, 0, 0.9), (0, 1, 0.8), (0, 2, 0.7)])), 2);
        // Cut short: the settings as given are alone in the second rung.
        assert_eq!(better_than_given(&runs(&[(0, 0, 0.9), (0, 1, 0.8), (1, 0, 0.5)])), 1);
        assert_eq!(better_than_given(&runs(&[(0, 0, 0.7), (0, 1, 0.8), (1, 0, 0.5)])), 0);
        // Of the last rung alone.
        assert_eq!(better_than_given(&runs(&[(0, 0, 0.9), (0, 1, 0.1), (1, 0, 0.5), (1, 1, 0.6)])), 0);
        assert_eq!(better_than_given(&runs(&[(0, 0, 0.9), (0, 1, 0.9)])), 0);
    }
}
