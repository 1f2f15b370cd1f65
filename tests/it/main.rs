//! Integration tests: one crate, so that polars is linked once.

mod calendars;
mod checkpoints;
mod column_names;
mod compare;
mod console;
#[cfg(feature = "cuda")]
mod cuda_parity;
#[cfg(feature = "cuda")]
mod cuda_runs;
mod docs;
mod drift;
#[cfg(unix)]
mod escapes;
mod exchange;
mod exogenous;
mod explain;
#[cfg(unix)]
mod faults;
mod forecasts;
mod gate;
mod golden;
mod gru;
#[cfg(unix)]
mod inputs_kept;
mod intervals;
mod leakage;
mod library;
mod litter;
#[cfg(unix)]
mod lock;
mod lstm_parity;
mod main_job;
mod newest;
mod newest_forms;
#[cfg(unix)]
mod nightly;
mod notes;
mod once_more;
mod optim;
mod originals;
#[cfg(unix)]
mod own_files;
mod parts;
mod pictures;
mod pooling;
mod reader;
mod reader_columns;
mod reader_forms;
mod reader_keys;
mod reader_layouts;
mod reader_numbers;
mod reader_real;
mod reader_refusals;
mod real_data;
mod reference;
mod reference_gradients;
mod refit;
mod refusals;
mod seals;
mod shell;
mod shell_predict;
mod skips;
mod stale;
mod stamps;
#[cfg(unix)]
mod streams;
mod support;
mod trust;
mod tune;
mod watch;
