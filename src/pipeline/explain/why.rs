//! Why one forecast is what it is: Shapley values of columns and blocks of lags.
//!
//! A player is a column in a block of rows before the origin, a column known ahead at the steps ahead, or the
//! calendar. The game's worth for some players is the forecast in which they have their own values and all
//! others those of another time, averaged over several other times; so the values of all players add up to
//! the forecast less the mean forecast of those times. They are estimated from random orders in which the players
//! join (Castro, Gomez and Tejada, "Polynomial calculation of the Shapley value based on sampling", Computers &
//! Operations Research 36, 2009; for models Strumbelj and Kononenko, "Explaining prediction models and individual
//! predictions with feature contributions", Knowledge and Information Systems 41, 2014), each order also taken
//! backwards (antithetic, Mitchell et al., Journal of Machine Learning Research 23, 2022). Along every order the gains
//! add up exactly, so their means do as well, however few orders there are.

use rand::seq::SliceRandom;

use super::columns::{Group, block_name, blocks};
use super::importance::{each, lag_of_rows, spread};
use super::scene::{Other, Scene, reach};
use crate::data::inputs::Scalings;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::model::init::rng;
use crate::pipeline::forecaster::Forecaster;
use crate::report::explanation::{Contribution, Part};

/// What is explained.
pub(super) struct Question<'a> {
    pub(super) forecaster: &'a Forecaster,
    pub(super) scalings: &'a Scalings,
    /// Where other times are looked up.
    pub(super) table: &'a Panel,
    /// Continued by the rows ahead.
    pub(super) future: &'a Panel,
    /// One forecast.
    pub(super) cut: Cut,
    pub(super) groups: &'a [Group],
    /// Other times.
    pub(super) others: usize,
    pub(super) seed: u64,
}

/// What was found, values (P, K).
pub(super) struct Found {
    pub(super) forecast: Vec<f64>,
    pub(super) baseline: Vec<f64>,
    pub(super) contributions: Vec<Contribution>,
    /// How many other times there were.
    pub(super) others: usize,
}

struct Player {
    group: usize,
    part: Rows,
}

enum Rows {
    Lags(std::ops::RangeInclusive<usize>),
    Ahead,
    Calendar,
}

impl Question<'_> {
    pub(super) fn answer(&self) -> Result<Found> {
        let (forecaster, horizon) = (self.forecaster, self.forecaster.model.shape().horizon);
        let reach = reach(forecaster);
        let scene = Scene::new(
            forecaster,
            self.scalings,
            self.future,
            &[self.cut],
            reach + forecaster.model.shape().input_window,
            horizon,
        );
        let origin = self.future.stamps[self.cut.row];
        let lag = lag_of_rows(&scene, origin);
        let players = self.players(reach);
        let times = self.other_times(origin);
        let others: Vec<Other> =
            times.iter().map(|time| scene.at_another_time(self.table, origin, *time)).collect();
        let forecast = scene.forecast(None, |_, _| false, false)?.point;
        // One order a time, forwards and backwards.
        let mut walks = Vec::new();
        for at in 0..others.len() {
            let mut order: Vec<usize> = (0..players.len()).collect();
            order.shuffle(&mut rng(self.seed, 2_000_000 + at as u64));
            let back = order.iter().rev().copied().collect();
            walks.extend([(at, order), (at, back)]);
        }
        let worth = |other: &Other, joined: &[bool]| -> Result<Vec<f64>> {
            let own = |column: usize, row: usize| {
                players.iter().zip(joined).any(|(player, joined)| {
                    *joined
                        && self.groups[player.group].has(column)
                        && match &player.part {
                            Rows::Lags(block) => block.contains(&lag[row]),
                            Rows::Ahead => lag[row] == 0,
                            Rows::Calendar => false,
                        }
                })
            };
            let far = *reach_of(&players).end();
            // Rows before those of all players stay as they are: no forecast looks that far back.
            let takes = |column: usize, row: usize| lag[row] <= far && !own(column, row);
            let calendar =
                players.iter().zip(joined).any(|(p, joined)| matches!(p.part, Rows::Calendar) && !joined);
            Ok(scene.forecast(Some(other), takes, calendar)?.point)
        };
        let walk = |(at, order): &(usize, Vec<usize>)| -> Result<(Vec<f64>, Vec<Vec<f64>>)> {
            let mut joined = vec![false; players.len()];
            let mut gains = vec![Vec::new(); players.len()];
            let first = worth(&others[*at], &joined)?;
            let mut before = first.clone();
            for (i, player) in order.iter().enumerate() {
                joined[*player] = true;
                let now = match i + 1 == order.len() {
                    true => forecast.clone(),
                    false => worth(&others[*at], &joined)?,
                };
                gains[*player] = now.iter().zip(&before).map(|(now, before)| now - before).collect();
                before = now;
            }
            Ok((first, gains))
        };
        let found = each(&forecaster.device, walks.len(), |at| walk(&walks[at]))?;
        let mean =
            |of: &dyn Fn(usize) -> f64| (0..found.len()).map(of).sum::<f64>() / found.len().max(1) as f64;
        let baseline = (0..forecast.len()).map(|cell| mean(&|walk| found[walk].0[cell])).collect();
        let contributions = (players.iter().enumerate())
            .map(|(at, player)| {
                let values: Vec<f64> =
                    (0..forecast.len()).map(|cell| mean(&|walk| found[walk].1[at][cell])).collect();
                // The two walks of a time belong together: errors are those between times.
                let pairs: Vec<Vec<f64>> = (found.chunks(2))
                    .map(|pair| {
                        let sum = |cell: usize| pair.iter().map(|walk| walk.1[at][cell]).sum::<f64>();
                        (0..forecast.len()).map(|cell| sum(cell) / pair.len() as f64).collect()
                    })
                    .collect();
                let group = &self.groups[player.group];
                Contribution {
                    column: group.name.clone(),
                    kind: group.kind.name(),
                    part: match &player.part {
                        Rows::Lags(block) => Part::Lags(block_name(block)),
                        Rows::Ahead => Part::Ahead,
                        Rows::Calendar => Part::Calendar,
                    },
                    values,
                    pairs,
                }
            })
            .collect();
        Ok(Found { forecast, baseline, contributions, others: others.len() })
    }

    fn players(&self, reach: usize) -> Vec<Player> {
        let season = self.forecaster.meta.schema.season;
        let blocks = blocks(self.forecaster.model.shape().input_window, season, reach, true);
        let mut players = Vec::new();
        for (group, own) in self.groups.iter().enumerate() {
            if own.is_calendar() {
                players.push(Player { group, part: Rows::Calendar });
                continue;
            }
            players.extend(blocks.iter().map(|block| Player { group, part: Rows::Lags(block.clone()) }));
            if own.ahead {
                players.push(Player { group, part: Rows::Ahead });
            }
        }
        players
    }

    /// Origins at which the series has as much history, evenly spaced over the table before this one and
    /// after it, none so near that the rows ahead are shared.
    fn other_times(&self, origin: i64) -> Vec<i64> {
        let (panel, horizon) = (self.table, self.forecaster.model.shape().horizon);
        let series = self.future.segments[self.cut.segment as usize].series;
        let window = self.forecaster.model.shape().input_window;
        let near = |stamp: i64| {
            let (a, b) = (stamp.min(origin), stamp.max(origin));
            panel.freq.advance(a, horizon as i64, &panel.time) > b
        };
        let mut all = Vec::new();
        for segment in panel.segments_of(series) {
            let rows = segment.offset + window.min(segment.len)..segment.offset + segment.len;
            let full = rows.end.saturating_sub(horizon);
            all.extend((rows.start..full.max(rows.start)).map(|row| panel.stamps[row]).filter(|s| !near(*s)));
        }
        // Not all at the same hour: the middle of each of the parts, moved on by a few rows from part to part.
        let parts = spread(&(0..all.len() as i64).collect::<Vec<_>>(), self.others);
        let step = (all.len() / self.others.max(1)).max(1);
        parts
            .iter()
            .enumerate()
            .filter_map(|(i, first)| {
                all.get((*first as usize + (i * 7 + step / 2) % step).min(all.len() - 1))
            })
            .copied()
            .collect()
    }
}

/// The lags that some player has.
fn reach_of(players: &[Player]) -> std::ops::RangeInclusive<usize> {
    let ends = players.iter().filter_map(|player| match &player.part {
        Rows::Lags(block) => Some(*block.end()),
        _ => None,
    });
    1..=ends.max().unwrap_or(0)
}
