//! Integration tests: one crate, so that polars is linked once.

mod bad_input;
mod golden;
mod leakage;
mod main_job;
mod real_data;
mod support;
