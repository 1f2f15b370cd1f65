//! One page about a model and a table: what the table is, what the model is, how good it is, and what it
//! forecasts.

use crate::checkpoint::Meta;
use crate::config;
use crate::data::summary::Summary;
use crate::draw::{Figure, Page, Section, Theme};
use crate::error::Result;
use crate::model::Ensemble;
use crate::number::{count, counted, human, percent};
use crate::report::checkpoint::pool_lines;
use crate::report::document::Part;
use crate::report::evaluation::{Evaluation, people};
use crate::report::explanation::Importance;
use crate::report::pictures::{self, Fan, explanation};

/// Rows of the table of series; of more, those with the lowest skill.
const SERIES_SHOWN: usize = 1000;

/// What a page is made of.
pub struct Material<'a> {
    /// The checkpoint's file.
    pub model_name: &'a str,
    pub model: &'a Ensemble,
    pub meta: &'a Meta,
    pub summary: &'a Summary,
    /// xxh3-64 of the table's bytes, hexadecimal.
    pub table_hash: String,
    /// The errors on the test part, or why there are none.
    pub evaluation: std::result::Result<Evaluation, String>,
    /// What the forecasts rest on, where it was measured.
    pub explanation: Option<Importance>,
    /// What is drawn, and what was chosen to be.
    pub fans: Vec<Fan>,
    pub remarks: Vec<String>,
    /// Why there is no forecast, if there is none.
    pub no_forecast: Option<String>,
    /// The command that made the page.
    pub command: String,
    pub theme: Theme,
}

impl Material<'_> {
    /// The page.
    ///
    /// # Errors
    /// None is expected: settings of a checkpoint can be written.
    pub fn page(&self) -> Result<Page> {
        let targets = self.meta.schema.targets.join(", ");
        let mut sections = vec![Section::Lead(self.verdict())];
        self.forecasts(&mut sections);
        self.errors(&mut sections);
        self.rests_on(&mut sections);
        self.table(&mut sections);
        self.network(&mut sections);
        self.again(&mut sections)?;
        Ok(Page {
            title: format!("{targets}: {} steps of {} ahead", self.meta.shape.horizon, self.meta.schema.freq),
            subtitle: format!("{} on {}", self.model_name, self.summary.table),
            theme: self.theme,
            sections,
        })
    }

    /// How good the forecasts are, in one sentence.
    fn verdict(&self) -> String {
        let evaluation = match &self.evaluation {
            Ok(evaluation) => evaluation,
            Err(why) => return format!("How good the forecasts are is not known: {why}"),
        };
        let block = &evaluation.overall;
        let (Some(skill), Some(better)) = (block.skill, block.better) else {
            return format!(
                "Scored on {} values; there is no simple forecast to compare with.",
                count(block.items)
            );
        };
        let several = evaluation.context.targets.len() > 1;
        let error =
            |method: usize| block.methods.get(method).and_then(|s| if several { s.mase } else { s.mae });
        let name = if several { "mean absolute scaled error" } else { "mean absolute error" };
        let (word, share) = if skill >= 0.0 { ("lower", skill) } else { ("HIGHER", -skill) };
        let loses = evaluation.worse.iter().any(|sentence| !sentence.starts_with("Nowhere"));
        let worse = if loses { " Where it loses is said below." } else { "" };
        format!(
            "On {} values that training never saw, from {} to {}, the {name} is {}: {} {word} than that of {}, the better simple forecast ({}).{worse}",
            count(block.items),
            evaluation.context.from,
            evaluation.context.to,
            human(error(0)),
            percent(Some(share)),
            evaluation.label(better),
            human(error(better)),
        )
    }

    fn forecasts(&self, sections: &mut Vec<Section>) {
        sections.push(heading("forecasts", "Forecasts"));
        if let Some(why) = &self.no_forecast {
            sections.push(Section::Paragraph(format!("There is none: {why}")));
        }
        sections.extend(self.remarks.iter().cloned().map(Section::Paragraph));
        if !self.fans.is_empty() {
            sections.push(pictures::chooser(&self.fans));
        }
    }

    fn errors(&self, sections: &mut Vec<Section>) {
        let Ok(evaluation) = &self.evaluation else { return };
        sections.push(heading("errors", "How good it is"));
        sections.push(Section::Paragraph(people::what_was_scored(evaluation)));
        sections.extend(evaluation.context.notes.iter().cloned().map(Section::Paragraph));
        let mut parts = Vec::new();
        people::whole(&mut parts, evaluation);
        sections.extend(parts.drain(..).filter_map(section));
        if let Some(figure) = pictures::errors_by_lead(evaluation) {
            sections.push(figured(figure));
        }
        let targets = 0..evaluation.context.targets.len().max(1);
        for target in targets.clone() {
            people::leads(&mut parts, evaluation, target);
        }
        if !parts.is_empty() {
            let inner = parts.drain(..).filter_map(section).collect();
            sections.push(Section::Details { summary: "The numbers lead by lead".into(), sections: inner });
        }
        sections.push(heading("intervals", "Do intervals and quantiles hold?"));
        if let Some(figure) = pictures::reliability(evaluation) {
            sections.push(figured(Figure { title: String::new(), ..figure }));
        }
        for target in targets.clone() {
            people::intervals_and_quantiles(&mut parts, evaluation, target);
        }
        sections.extend(parts.drain(..).filter_map(section));
        if evaluation.per_series.len() > 1 {
            sections.push(heading("series", "Series by series"));
            for target in targets {
                people::series(&mut parts, evaluation, target, SERIES_SHOWN);
            }
            sections.extend(parts.drain(..).filter_map(section));
        }
        sections.push(heading("losses", "Where it loses"));
        sections.push(Section::List(evaluation.worse.clone()));
    }

    /// Permutation importance: bars, and their numbers for those who ask.
    fn rests_on(&self, sections: &mut Vec<Section>) {
        let Some(importance) = &self.explanation else { return };
        sections.push(heading("rests", "What the forecasts rest on"));
        sections.push(Section::Paragraph(format!(
            "How much the error rises where a column is out of step with all others, or where rows before the origin are those of another time; measured on {} of {}, {}. The whiskers are one standard deviation. “lstm-forecast explain” measures more of it, and “explain --at TIME --only SERIES” says why one forecast is what it is.",
            counted(importance.forecasts as u64, "forecast"),
            counted(importance.horizon as u64, "step"),
            counted(importance.repeats as u64, "time"),
        )));
        let several = importance.targets.len() > 1;
        for of in &importance.targets {
            sections.push(figured(explanation::rises(of, several)));
            let more = [explanation::lags_of_columns(of), explanation::by_lead(of)];
            sections.extend(more.into_iter().flatten().map(figured));
        }
        let numbers =
            importance.columns_and_lags().into_iter().map(without_bars).filter_map(section).collect();
        sections.push(Section::Details { summary: "The numbers".into(), sections: numbers });
        sections.push(Section::Paragraph(
            "A rise says how much the model leans on a column, not what the column does. Columns that say the same share their rise, or hide it from each other.".into(),
        ));
    }

    fn table(&self, sections: &mut Vec<Section>) {
        let s = self.summary;
        sections.push(heading("table", "The table, and how it was read"));
        let key = if s.series_columns.is_empty() {
            "none: all rows are one series".into()
        } else {
            s.series_columns.join(", ")
        };
        sections.push(facts(&[
            ("file", s.table.clone()),
            ("rows", count(s.rows as u64)),
            ("from", s.first.clone()),
            ("to", s.last.clone()),
            ("a row each", s.freq.clone()),
            ("series", format!("{}, by column {key}", count(s.series.len() as u64))),
            ("time", s.time_columns.join(", ")),
            ("added rows", format!("{}, of which nothing is known", count(s.found.missing_rows as u64))),
            ("long holes", count(s.found.long_holes as u64)),
            ("hash", self.table_hash.clone()),
        ]));
        let head = ["column", "role", "missing", "min", "mean", "max"].map(String::from).to_vec();
        let rows = s.columns.iter().map(|c| {
            let numbers = [c.min, c.mean, c.max].map(human);
            let mut row = vec![c.name.clone(), c.role.to_string(), percent(Some(c.missing_share))];
            row.extend(numbers);
            row
        });
        sections.push(Section::Table {
            caption: "Columns that the model reads".into(),
            head,
            rows: rows.collect(),
        });
        let notes: Vec<String> = s.read_as.iter().chain(&s.notes).map(|note| note.text.clone()).collect();
        if !notes.is_empty() {
            sections.push(Section::List(notes));
        }
    }

    fn network(&self, sections: &mut Vec<Section>) {
        let (meta, shape, training) = (self.meta, &self.meta.shape, &self.meta.training);
        let model = &meta.config.model;
        sections.push(heading("model", "The model"));
        let own = [
            (
                "networks",
                format!(
                    "{} of {} parameters in all",
                    self.model.members.len(),
                    count(self.model.parameter_count() as u64)
                ),
            ),
            ("LSTM", format!("{} layers of {} units", model.num_layers, model.hidden_size)),
            ("reads", format!("{} rows of {} inputs", shape.input_window, shape.inputs)),
            (
                "trained on",
                format!(
                    "{} rows of {} series",
                    count(meta.table.rows as u64),
                    count(meta.table.series as u64)
                ),
            ),
            ("from", meta.table.first.clone()),
            ("to", meta.table.last.clone()),
            ("validation from", meta.schema.time.display(meta.bounds.val_start)),
            ("test from", meta.schema.time.display(meta.bounds.test_start)),
            (
                "windows",
                format!(
                    "{} to train on, {} to validate on",
                    count(training.train_windows as u64),
                    count(training.val_windows as u64)
                ),
            ),
            ("steps", count(training.steps as u64)),
        ];
        sections.push(facts(&own));
        let pool = pool_lines(meta);
        if !pool.is_empty() {
            sections.push(Section::Paragraph("What the forecast is mixed of:".into()));
            sections.push(Section::List(pool));
        }
        if let Some(figure) = pictures::learning_curves(training) {
            sections.push(figured(figure));
        }
    }

    fn again(&self, sections: &mut Vec<Section>) -> Result<()> {
        let meta = self.meta;
        sections.push(heading("again", "How to get the same"));
        sections.push(facts(&[
            ("program", format!("lstm-forecast {}", env!("CARGO_PKG_VERSION"))),
            ("trained by", format!("lstm-forecast {}", meta.program_version)),
            ("seed", meta.config.run.seed.to_string()),
            ("model checksum", meta.checksum.clone().unwrap_or_else(|| "none".into())),
            ("training table", meta.table.hash.clone()),
            ("this table", self.table_hash.clone()),
        ]));
        let same = match meta.table.hash == self.table_hash {
            true => "This is the table that the model was trained on.",
            false => "This table is not byte for byte the one that the model was trained on.",
        };
        sections.push(Section::Paragraph(same.into()));
        sections.push(Section::Code(format!(
            "# this page\n{}\n# the model, with the settings below as run.yaml\nlstm-forecast train TABLE --config run.yaml --out {}",
            self.command, self.model_name
        )));
        sections.push(Section::Code(config::to_yaml(&meta.config)?.trim_end().to_string()));
        Ok(())
    }
}

fn heading(id: &'static str, text: &str) -> Section {
    Section::Heading { id, text: text.into() }
}

fn figured(figure: Figure) -> Section {
    Section::Figure(Box::new(figure))
}

fn facts(facts: &[(&str, String)]) -> Section {
    Section::Facts(facts.iter().map(|(name, value)| (name.to_string(), value.clone())).collect())
}

/// A table without its last column, where that holds bars in letters and has no name.
fn without_bars(part: Part) -> Part {
    match part {
        Part::Table(mut table) if table.head.last().is_some_and(String::is_empty) => {
            table.head.pop();
            table.rows.iter_mut().for_each(|row| drop(row.pop()));
            Part::Table(table)
        }
        other => other,
    }
}

/// A part of a report for a terminal as a part of a page. Lines of bars stand as figures there.
fn section(part: Part) -> Option<Section> {
    match part {
        Part::Title(text) => Some(Section::Caption(text)),
        Part::Paragraph(text) if text.contains(['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']) => {
            None
        }
        Part::Paragraph(text) => Some(Section::Paragraph(text)),
        Part::List(items) => Some(Section::List(items)),
        Part::Table(table) => {
            Some(Section::Table { caption: String::new(), head: table.head, rows: table.rows })
        }
    }
}
