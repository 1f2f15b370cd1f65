//! Integration tests: one crate, so that polars is linked once.

mod forecasts;
mod golden;
mod leakage;
mod lstm_parity;
mod main_job;
mod optim;
mod reader;
mod reader_real;
mod reader_refusals;
mod readme;
mod real_data;
mod reference_gradients;
mod shell;
mod shell_predict;
mod support;
