//! Where the time goes: each step of a command, timed, and a table of them at the end.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The steps that were taken so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Duration, bool)>,
}

impl Steps {
    /// Takes one step; an error names it.
    pub fn take<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("xtask: {name} …");
        let start = Instant::now();
        let result = step();
        self.done.push((name.to_owned(), start.elapsed(), result.is_ok()));
        result.with_context(|| name.to_owned())
    }

    /// Whether this step was taken, and went well.
    pub fn took(&self, name: &str) -> bool {
        self.done.iter().any(|(done, _, ok)| *ok && done == name)
    }

    /// Prints the table.
    pub fn print(&self) {
        let total: Duration = self.done.iter().map(|(_, time, _)| *time).sum();
        let width = self.done.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0).max(5);
        eprintln!();
        for (name, time, ok) in &self.done {
            eprintln!("  {name:width$}  {:>7.1} s{}", time.as_secs_f64(), if *ok { "" } else { "  FAILED" });
        }
        eprintln!("  {:width$}  {:>7.1} s", "total", total.as_secs_f64());
    }
}
